using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Checkpoints;

/// <summary>Archives that NumPy 1.24 itself wrote (all zip64, as NumPy always does).</summary>
[TestClass]
public class NumpyFilesTests
{
    private static readonly float[] Signed = [.. Enumerable.Range(-5, 24)], Unsigned = [.. Enumerable.Range(0, 24)];

    [TestMethod]
    [DataRow("stored.npz")]
    [DataRow("deflated.npz")]
    public void Every_number_type_is_read(string file)
    {
        using var npz = NpzCheckpoint.Open(GoldenFiles.PathOf("numpy", file));
        foreach (string key in (string[])["f2", "f4", "f8", "i1", "i2", "i4", "i8", "bf16"])
        {
            CollectionAssert.AreEqual(new[] { 2, 3, 4 }, npz.Tensors[key].Shape.ToArray(), key);
            CollectionAssert.AreEqual(Signed, npz.Read(key), key);
        }

        foreach (string key in (string[])["u1", "u2", "u4", "u8"]) CollectionAssert.AreEqual(Unsigned, npz.Read(key), key);
        CollectionAssert.AreEqual(new[] { 7f }, npz.Read("scalar"));
        Assert.AreEqual("[]", npz.Tensors["scalar"].ShapeText);
        Assert.IsEmpty(npz.Read("empty"));
        CollectionAssert.AreEqual(new[] { 0f, 1f, 2f }, npz.Read("vector"));
        Assert.AreEqual(ElementType.BFloat16, npz.Tensors["bf16"].Type);
        Assert.AreEqual("float16", npz.Tensors["f2"].Type.DisplayName());
    }

    [TestMethod]
    public void Fortran_order_becomes_C_order()
    {
        using var npz = NpzCheckpoint.Open(GoldenFiles.PathOf("numpy", "fortran.npz"));
        CollectionAssert.AreEqual(Unsigned, npz.Read("cube"));
        CollectionAssert.AreEqual(Enumerable.Range(0, 6).Select(i => (float)i).ToArray(), npz.Read("matrix"));
        CollectionAssert.AreEqual(Enumerable.Range(0, 120).Select(i => (float)i).ToArray(), npz.Read("four"));
    }

    [TestMethod]
    [DataRow("object.npz", "it is an object array; reading it means unpickling, which is never done: a pickle can run code")]
    [DataRow("structured.npz", "structured array, expected plain numbers")]
    [DataRow("complex.npz", "element type '<c8' is not supported")]
    public void Other_arrays_are_refused_by_name(string file, string expected)
    {
        string message = Assert.ThrowsExactly<CheckpointException>(() => NpzCheckpoint.Open(GoldenFiles.PathOf("numpy", file))).Message;
        Assert.Contains("Key 'thing'", message);
        Assert.Contains(file, message);
        Assert.Contains(expected, message);
    }

    [TestMethod]
    public void A_big_endian_array_is_read()
    {
        using var npz = NpzCheckpoint.Open(GoldenFiles.PathOf("numpy", "bigendian.npz"));
        Assert.AreEqual((ElementType.Float32, "[3]"), (npz.Tensors["thing"].Type, npz.Tensors["thing"].ShapeText));
        Assert.HasCount(3, npz.Read("thing"));
    }

    [TestMethod]
    public void A_text_is_named()
    {
        using var npz = NpzCheckpoint.Open(GoldenFiles.PathOf("numpy", "text.npz"));
        Assert.IsEmpty(npz.Tensors);
        Assert.MatchesRegex(@"^it is an array of text '<U3' \[[0-9]+\], which no weight can be$", npz.Others["thing"]);
    }

    [TestMethod]
    public void Values_that_are_not_finite_are_refused()
    {
        using var npz = NpzCheckpoint.Open(GoldenFiles.PathOf("numpy", "notfinite.npz"));
        npz.Read("good");
        string message = Assert.ThrowsExactly<CheckpointException>(() => npz.Read("bad")).Message;
        Assert.Contains("Key 'bad' of checkpoint", message);
        Assert.Contains("element 2 is NaN, expected finite numbers", message);
    }
}
