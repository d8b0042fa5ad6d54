using CsCheck;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Checkpoints;

[TestClass]
public sealed class SafetensorsCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["model.safetensors"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Values_survive_writing_and_reading() => Gen.Int[1, 7].Array[0, 4].Array[1, 4].Sample(
        shapes =>
        {
            var tensors = shapes.Select((shape, i) => ($"t.{i}", shape, FormulaCheckpoint.Values($"t.{i}.bias", shape, 5))).ToArray();
            SafetensorsWriter.Write(Path, tensors, new() { ["format"] = "pt" });
            using var read = CheckpointFile.Open(Path);
            Assert.HasCount(tensors.Length, read.Tensors);
            foreach (var (key, shape, values) in tensors)
            {
                CollectionAssert.AreEqual(shape, read.Tensors[key].Shape.ToArray());
                CollectionAssert.AreEqual(values, read.Read(key));
            }
        },
        iter: 60,
        threads: 1);

    [TestMethod]
    [DataRow("F16", "003c00c0")]
    [DataRow("BF16", "803f00c0")]
    [DataRow("F32", "0000803f000000c0")]
    [DataRow("F64", "000000000000f03f00000000000000c0")]
    [DataRow("I8", "01fe")]
    [DataRow("I64", "0100000000000000feffffffffffffff")]
    public void Every_number_type_is_read(string type, string bytes)
    {
        byte[] data = Convert.FromHexString(bytes);
        SafetensorsWriter.WriteRaw(Path, $$$"""{"x":{"dtype":"{{{type}}}","shape":[2],"data_offsets":[0,{{{data.Length}}}]}}""", data);
        using var read = CheckpointFile.Open(Path);
        CollectionAssert.AreEqual(new[] { 1f, -2f }, read.Read("x"));
    }

    [TestMethod]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""",
        "key 'x' has the shape [2] of float32, which needs 8 bytes, but has 4")]
    [DataRow("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "its header describes 4 bytes of data, but the file has 8")]
    [DataRow("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "its header describes 12 bytes of data, but the file has 8")]
    [DataRow("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "key 'x' begins at byte 4 of the data, expected 0")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "key 'y' begins at byte 4 of the data, expected 8")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "key 'x' begins at byte 8 but ends at byte 0")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""",
        "key 'x' has the data offset -8, expected a number of bytes")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}""",
        "key 'x' has the data offset 99999999999999999999, expected a number of bytes")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "key 'x' has 1 data_offsets, expected 2")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""",
        "key 'x' has the dimension 2.5, which is not a number or is too large")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}}""",
        "key 'x' has the dimension 4611686018427387904, which is not a number or is too large")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[2147483647,2147483647],"data_offsets":[0,8]}}""",
        "key 'x' has the shape [2147483647, 2147483647], which is too large")]
    [DataRow(
        """{"x":{"dtype":"I8","shape":[2147483647,2147483647],"data_offsets":[0,8]}}""",
        "key 'x' has the shape [2147483647, 2147483647] of int8, which needs 4611686014132420609 bytes, but has 8")]
    [DataRow(
        """{"x":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""",
        "key 'x' has the element type 'F8_E4M3', expected F16, BF16, F32, F64 or an integer")]
    [DataRow("""{"x":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "key 'x' has no 'dtype' that is a string")]
    [DataRow("""{"x":{"dtype":"F32","data_offsets":[0,8]}}""", "key 'x' has no 'shape' that is an array")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""",
        "key 'x' has 33 dimensions, expected at most 32")]
    [DataRow(
        """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "its header is not JSON: Duplicate")]
    [DataRow("""{"x":{"dtype":"I32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "its header is not JSON: Duplicate")]
    [DataRow("""{"x\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "its header has an unpaired surrogate")]
    [DataRow("""{"x":{"dtype":"F32\ud800","shape":[2],"data_offsets":[0,8]}}""", "its header has an unpaired surrogate")]
    [DataRow("[]", "its header is not a JSON object")]
    [DataRow("""{"x":[]}""", "key 'x' is not an object with dtype, shape and data_offsets")]
    [DataRow("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "its header is not JSON")]
    [DataRow("""{"x":[[[[[[[[[[[[1]]]]]]]]]]]]}""", "its header is not JSON")]
    public void A_bad_header_is_refused(string header, string expected)
    {
        SafetensorsWriter.WriteRaw(Path, header, new byte[8]);
        AssertRefused(expected);
    }

    [TestMethod]
    [DataRow(ulong.MaxValue, "its header claims 18446744073709551615 bytes, expected at most 8388608")]
    [DataRow(9_000_000ul, "its header claims 9000000 bytes, expected at most 8388608")]
    [DataRow(1_000_000ul, "its header claims 1000000 bytes, but the file has 18")]
    [DataRow(1ul, "its header is not JSON")]
    public void A_false_length_is_refused(ulong length, string expected)
    {
        SafetensorsWriter.WriteRaw(Path, "{}", new byte[8], length);
        AssertRefused(expected);
    }

    [TestMethod]
    public void Too_many_tensors_and_too_long_keys_are_refused()
    {
        SafetensorsWriter.Write(Path, Enumerable.Range(0, 10_001).Select(i => ($"{i}", new[] { 0 }, Array.Empty<float>())));
        AssertRefused("it has more than 10000 tensors");
        SafetensorsWriter.Write(Path, [(new string('k', 600), [0], [])]);
        AssertRefused($"it has a key '{new string('k', 80)}…' of 600 characters, expected at most 512");
    }

    /// <summary>A header of 19,280 bytes makes the file start with PK, as a zip file does.</summary>
    [TestMethod]
    public void A_length_that_looks_like_a_zip_file_is_read_as_a_length()
    {
        const string header = """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        SafetensorsWriter.WriteRaw(Path, header + new string(' ', 19_280 - header.Length), new byte[4]);
        using var read = CheckpointFile.Open(Path);
        CollectionAssert.AreEqual(new[] { 0f }, read.Read("x"));
    }

    [TestMethod]
    public void A_value_that_is_not_finite_is_found()
    {
        SafetensorsWriter.Write(Path, [("x", [2], [1f, float.NaN])]);
        using var read = CheckpointFile.Open(Path);
        string message = Assert.ThrowsExactly<CheckpointException>(() => read.Read("x")).Message;
        Assert.AreEqual($"Key 'x' of checkpoint '{Path}' cannot be read: element 1 is NaN, expected finite numbers.", message);
    }

    [TestMethod]
    [DataRow("<!DOCTYPE html><html>", "is a web page, expected an .npz or a .safetensors file.")]
    [DataRow("hello world", "is neither an .npz nor a .safetensors file.")]
    [DataRow("", "is neither an .npz nor a .safetensors file.")]
    public void Other_files_are_recognized(string content, string expected)
    {
        File.WriteAllText(Path, content);
        string message = Assert.ThrowsExactly<CheckpointException>(() => CheckpointFile.Open(Path)).Message;
        Assert.StartsWith($"Checkpoint '{Path}' {expected}", message);
    }

    private void AssertRefused(string expected)
    {
        string message = Assert.ThrowsExactly<CheckpointException>(() => SafetensorsCheckpoint.Open(Path)).Message;
        Assert.StartsWith($"Checkpoint '{Path}' is not a .safetensors file, or is damaged: ", message);
        Assert.Contains(expected, message);
    }
}
