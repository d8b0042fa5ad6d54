using System.IO.Compression;
using System.Runtime.InteropServices;
using CsCheck;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Checkpoints;

/// <summary>Archives as an attacker, a broken download or a careless tool might produce them.</summary>
[TestClass]
public sealed class NpzCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => _folder["checkpoint.npz"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Values_survive_writing_and_reading() => Gen.Select(Gen.Int[1, 7].Array[0, 4], Gen.Bool).Sample(
        (shape, deflate) =>
        {
            float[] values = new float[shape.Aggregate(1, (a, b) => a * b)];
            FormulaValues.Fill("any.weight", [values.Length, 1], 5, values);
            using (var npz = NpzWriter.Create(File, deflate ? CompressionLevel.Fastest : CompressionLevel.NoCompression))
                npz.Add("a.b", shape, values);
            using var read = NpzCheckpoint.Open(File);
            CollectionAssert.AreEqual(shape, read.Tensors["a.b"].Shape.ToArray());
            CollectionAssert.AreEqual(values, read.Read("a.b"));
        },
        iter: 60,
        threads: 1);

    [TestMethod]
    public void Large_tensors_are_read_in_pieces()
    {
        double[] values = [.. Enumerable.Range(0, 100_003).Select(i => i * 0.5)];
        using (var npz = NpzWriter.Create(File)) npz.Add("x", "<f8", [values.Length], MemoryMarshal.AsBytes<double>(values));
        using var read = NpzCheckpoint.Open(File);
        CollectionAssert.AreEqual(Array.ConvertAll(values, v => (float)v), read.Read("x"));
    }

    [TestMethod]
    [DataRow((byte)2)]
    [DataRow((byte)3)]
    public void Later_header_versions_are_read(byte major)
    {
        byte[] header = NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", major);
        using (var npz = NpzWriter.Create(File)) npz.AddRaw("x.npy", header, [3, 4]);
        using var read = NpzCheckpoint.Open(File);
        CollectionAssert.AreEqual(new[] { 3f, 4f }, read.Read("x"));
    }

    [TestMethod]
    public void A_missing_file_is_named()
        => Assert.Contains(File, Assert.ThrowsExactly<FileNotFoundException>(() => NpzCheckpoint.Open(File)).Message);

    [TestMethod]
    public void A_file_that_is_not_an_archive_is_named()
    {
        System.IO.File.WriteAllText(File, "not a zip");
        AssertRefused($"Checkpoint '{File}' is not an .npz file, or is cut off");
    }

    [TestMethod]
    public void A_cut_off_archive_is_refused()
    {
        using (var npz = NpzWriter.Create(File)) npz.Add("x", [1000], new float[1000]);
        using (var stream = System.IO.File.OpenWrite(File)) stream.SetLength(stream.Length - 100);
        AssertRefused("is not an .npz file, or is cut off");
    }

    /// <summary>What NumPy reads, whoever wrote it: other tools, old versions, other machines.</summary>
    [TestMethod]
    [DataRow("{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}")]
    [DataRow("{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2,)}")]
    [DataRow("{'descr':'<f4','fortran_order':False,'shape':(2,),}")]
    [DataRow("{ 'descr' : '<f4' ,\n 'fortran_order' : False ,\n\t'shape' : ( 2 , ) , }")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (2L,), }")]
    [DataRow("{'descr': u'<f4', 'fortran_order': False, u'shape': (2,), }")]
    [DataRow("{'descr': '=f4', 'fortran_order': False, 'shape': (2,), }")]
    [DataRow("{'descr': '|f4', 'fortran_order': False, 'shape': (2,), }")]
    [DataRow("{'descr': 'f4', 'fortran_order': False, 'shape': (2,), }")]
    [DataRow("{'descr': 'float32', 'fortran_order': True, 'shape': (2,), }")]
    public void Every_form_of_a_header_is_read(string header)
    {
        float[] values = [1.5f, -2];
        for (byte major = 1; major <= 3; major++)
        {
            using (var npz = NpzWriter.Create(File))
                npz.AddRaw("x.npy", NpzWriter.Header(header, major), MemoryMarshal.AsBytes<float>(values));
            using var read = NpzCheckpoint.Open(File);
            CollectionAssert.AreEqual(values, read.Read("x"));
            Assert.AreEqual(ElementType.Float32, read.Tensors["x"].Type);
        }
    }

    [TestMethod]
    [DataRow(">f2", new byte[] { 0x3e, 0x00 }, 1.5f)]
    [DataRow(">f4", new byte[] { 0x3f, 0xc0, 0, 0 }, 1.5f)]
    [DataRow(">f8", new byte[] { 0x3f, 0xf8, 0, 0, 0, 0, 0, 0 }, 1.5f)]
    [DataRow(">i1", new byte[] { 0xfe }, -2f)]
    [DataRow(">i2", new byte[] { 0xff, 0xfe }, -2f)]
    [DataRow(">u4", new byte[] { 0, 0, 1, 2 }, 258f)]
    [DataRow(">i8", new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe }, -2f)]
    [DataRow("<i1", new byte[] { 0xfe }, -2f)]
    [DataRow("=u2", new byte[] { 2, 1 }, 258f)]
    public void Bytes_are_read_in_the_order_that_the_header_names(string descr, byte[] element, float expected)
    {
        using (var npz = NpzWriter.Create(File)) npz.Add("x", descr, [2], [.. element, .. element]);
        using var read = NpzCheckpoint.Open(File);
        CollectionAssert.AreEqual(new[] { expected, expected }, read.Read("x"));
    }

    /// <summary>The order of bytes counts wherever a buffer ends.</summary>
    [TestMethod]
    public void Large_tensors_with_reversed_bytes_are_read_in_pieces()
    {
        byte[] data = [.. Enumerable.Range(0, 100_003).SelectMany(i => BitConverter.GetBytes(i * 0.5).Reverse())];
        using (var npz = NpzWriter.Create(File)) npz.Add("x", ">f8", [100_003], data);
        using var read = NpzCheckpoint.Open(File);
        CollectionAssert.AreEqual(Enumerable.Range(0, 100_003).Select(i => i * 0.5f).ToArray(), read.Read("x"));
    }

    [TestMethod]
    public void What_lies_beside_the_weights_is_passed_over_and_named()
    {
        using (var npz = NpzWriter.Create(File))
        {
            npz.AddRaw("README.md", "weights of a model"u8, []);
            npz.AddRaw("empty", [], []);
            npz.AddRaw("__MACOSX/", [], []);
            npz.AddRaw("__MACOSX/._x.npy", [0, 5, 22, 7], []);
            npz.AddRaw("a/._x.npy", [0, 5, 22, 7], []);
            npz.AddRaw("folder/", "hello"u8, []);
            npz.Add("names", "<U3", [2], new byte[24]);
            npz.Add("bytes", "|S5", [2], new byte[10]);
            npz.Add("mask", "|b1", [2, 3], new byte[6]);
            npz.Add("day", "<M8[s]", [1], new byte[8]);
            npz.Add("x", [1], [5f]);
        }

        using var read = NpzCheckpoint.Open(File);
        CollectionAssert.AreEqual(new[] { "x" }, read.Tensors.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 5f }, read.Read("x"));
        CollectionAssert.AreEqual(
            new[] { "README.md", "empty", "__MACOSX/._x.npy", "a/._x.npy", "folder/", "names", "bytes", "mask", "day" },
            read.Others.Keys.ToArray());
        Assert.AreEqual("it is not a .npy array", read.Others["README.md"]);
        Assert.AreEqual("it is an array of text '<U3' [2], which no weight can be", read.Others["names"]);
        Assert.AreEqual("it is an array of truth values [2, 3], which no weight can be", read.Others["mask"]);
    }

    /// <summary>To list what is there, one bad array is no reason to stop. To export it is.</summary>
    [TestMethod]
    public void Arrays_that_cannot_be_read_are_named_where_that_is_asked_for()
    {
        using (var npz = NpzWriter.Create(File))
        {
            npz.Add("params", "|O", [1], "a pickle"u8);
            npz.Add("short", "<f4", [5], new byte[16]);
            npz.AddRaw("torn.npy", [0x93, 78, 85], []);
            npz.Add("complex", "<c8", [1], new byte[8]);
            npz.Add("x", [1], [5f]);
        }

        using (var read = CheckpointFile.Open(File, namesBad: true))
        {
            CollectionAssert.AreEqual(new[] { "x" }, read.Tensors.Keys.ToArray());
            CollectionAssert.AreEqual(new[] { "params", "short", "torn", "complex" }, read.Others.Keys.ToArray());
            Assert.Contains("unpickling", read.Others["params"]);
            Assert.Contains("shape [5] of float32 needs 20 bytes", read.Others["short"]);
        }

        AssertRefused("Key 'params'", "unpickling");
    }

    [TestMethod]
    public void A_key_of_a_text_and_of_a_weight_is_refused()
    {
        using (var npz = NpzWriter.Create(File))
        {
            npz.Add("x", "<U1", [1], new byte[4]);
            npz.Add("x", [1], [1f]);
        }

        AssertRefused("Key 'x'", "it is in the archive more than once");
    }

    [TestMethod]
    public void Members_without_the_ending_and_entries_of_folders_are_read()
    {
        using (var npz = NpzWriter.Create(File))
        {
            npz.AddRaw("a/", [], []);
            npz.AddRaw("a/b/", [], []);
            npz.AddRaw("a/b/kernel", NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }"), [3, 4]);
            npz.Add("a/b/bias", [1], [5f]);
        }

        using var read = NpzCheckpoint.Open(File);
        CollectionAssert.AreEqual(new[] { "a/b/kernel", "a/b/bias" }, read.Tensors.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 3f, 4f }, read.Read("a/b/kernel"));
    }

    [TestMethod]
    [DataRow("../")]
    [DataRow("../README.md")]
    public void An_entry_that_is_no_array_may_not_lead_out_of_the_archive_either(string name)
    {
        WriteMember(name, "hello"u8);
        AssertRefused("leads out of the archive with '..'");
    }

    [TestMethod]
    public void A_key_with_and_without_the_ending_is_refused()
    {
        using (var npz = NpzWriter.Create(File))
        {
            npz.Add("x", [1], [1f]);
            npz.AddRaw("x", NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }"), [3]);
        }

        AssertRefused("Key 'x'", "it is in the archive more than once");
    }

    [TestMethod]
    [DataRow("../../escaped")]
    [DataRow("/etc/passwd")]
    [DataRow("a/../../b")]
    [DataRow(@"..\b")]
    [DataRow(@"C:\b")]
    public void A_name_that_leads_out_of_the_archive_is_refused(string name)
    {
        using (var npz = NpzWriter.Create(File)) npz.Add(name, [1], [1f]);
        AssertRefused($"Key '{name}'", "its name is an absolute path or leads out of the archive with '..'");
        CollectionAssert.AreEqual(new[] { File }, Directory.GetFileSystemEntries(_folder.Path));
    }

    [TestMethod]
    public void A_duplicate_key_is_refused()
    {
        using (var npz = NpzWriter.Create(File))
        {
            npz.Add("x", [1], [1f]);
            npz.Add("x", [1], [2f]);
        }

        AssertRefused("Key 'x'", "it is in the archive more than once");
    }

    [TestMethod]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", "shape [5] of float32 needs 20 bytes, but the member has 16")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "shape [3] of float32 needs 12 bytes, but the member has 16")]
    [DataRow(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }",
        "its dimension 0 is 99999999999, which is not a number or is too large")]
    [DataRow(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }",
        "its shape [2147483647, 2147483647, 2147483647] is too large")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "its header is not in the form that NumPy writes")]
    [DataRow(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4), }",
        "it has 34 dimensions, expected at most 32")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (4), }", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': [4], }", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': 0, 'shape': (4,), }", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (4,),, }", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), 'x': 1}", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'descr': '<f4', 'shape': (4,), }", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)} + {}", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': [('(', '<f4')], 'fortran_order': False, 'shape': (4,), }", "structured array, expected plain numbers")]
    [DataRow("{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (2,), }", "structured array, expected plain numbers")]
    [DataRow("{'descr': [('a', '<f4'], 'fortran_order': False, 'shape': (", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<f4', 'fortran_order': __import__('os'), 'shape': (4,), }", "its header is not in the form that NumPy writes")]
    [DataRow("{'descr': '<q9', 'fortran_order': False, 'shape': (4,), }", "its element type '<q9' is not supported")]
    [DataRow("{'descr': '|O', 'fortran_order': False, 'shape': (4,), }", "unpickling")]
    public void A_bad_header_is_refused(string header, string expected)
    {
        using (var npz = NpzWriter.Create(File)) npz.AddRaw("x.npy", NpzWriter.Header(header), new byte[16]);
        AssertRefused("Key 'x'", expected);
    }

    [TestMethod]
    public void A_member_without_the_magic_is_refused()
    {
        WriteMember("x.npy", "just some bytes, long enough for a header"u8);
        AssertRefused("Key 'x'", "it is not a .npy array");
    }

    [TestMethod]
    [DataRow(new byte[] { }, "it is not a .npy array")]
    [DataRow(new byte[] { 0x93, 78, 85, 77, 80, 89, 1, 0 }, "its header is cut off")]
    [DataRow(new byte[] { 0x93, 78, 85, 77, 80, 89, 1, 0, 60, 0, 32 }, "its header is cut off")]
    [DataRow(new byte[] { 0x93, 78, 85, 77, 80, 89, 4, 1, 1, 0, 32 }, "its .npy format version is 4.1, expected 1 to 3")]
    [DataRow(
        new byte[] { 0x93, 78, 85, 77, 80, 89, 2, 0, 255, 255, 255, 255 },
        "its header claims 4294967295 bytes, expected at most 10000")]
    public void A_broken_prefix_is_refused(byte[] member, string expected)
    {
        WriteMember("x.npy", member);
        AssertRefused("Key 'x'", expected);
    }

    [TestMethod]
    [DataRow(CompressionLevel.NoCompression)]
    [DataRow(CompressionLevel.Fastest)]
    public void A_changed_byte_is_detected(CompressionLevel level)
    {
        float[] values = new float[5000];
        FormulaValues.Fill("x.weight", [5000, 1], 1, values);
        using (var npz = NpzWriter.Create(File, level)) npz.Add("x", [5000], values);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        bytes[bytes.Length / 2] ^= 1;
        System.IO.File.WriteAllBytes(File, bytes);
        using var read = NpzCheckpoint.Open(File);
        string message = Assert.ThrowsExactly<CheckpointException>(() => read.Read("x")).Message;
        Assert.Contains($"Key 'x' of checkpoint '{File}' cannot be read", message);
    }

    [TestMethod]
    public void A_changed_byte_of_a_stored_member_is_detected_by_its_checksum()
    {
        using (var npz = NpzWriter.Create(File)) npz.Add("x", [5000], new float[5000]);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        bytes[bytes.Length / 2] ^= 1;
        System.IO.File.WriteAllBytes(File, bytes);
        using var read = NpzCheckpoint.Open(File);
        string message = Assert.ThrowsExactly<CheckpointException>(() => read.Read("x")).Message;
        Assert.MatchesRegex("its CRC-32 is [0-9a-f]{8}, expected [0-9a-f]{8}", message);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    public void A_value_that_is_not_finite_is_found_wherever_it_is(int at)
    {
        float[] values = new float[4];
        values[at] = float.NegativeInfinity;
        using (var npz = NpzWriter.Create(File)) npz.Add("x", [4], values);
        using var read = NpzCheckpoint.Open(File);
        string message = Assert.ThrowsExactly<CheckpointException>(() => read.Read("x")).Message;
        Assert.Contains($"element {at} is -Infinity, expected finite numbers", message);
    }

    [TestMethod]
    public void A_long_bad_header_is_shortened_in_the_message()
    {
        using (var npz = NpzWriter.Create(File)) npz.AddRaw("x.npy", NpzWriter.Header(new string('a', 500)), []);
        AssertRefused($"its header is not in the form that NumPy writes: {new string('a', 80)}….");
    }

    [TestMethod]
    public void A_claim_that_exceeds_what_deflate_can_do_is_refused()
    {
        byte[] header = NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (33554432,), }");
        using (var npz = NpzWriter.Create(File)) npz.AddRaw("x.npy", header, []);
        ClaimLength(128 + (1 << 25));
        AssertRefused("Key 'x'", "more than deflate can");
    }

    [TestMethod]
    public void A_zip_bomb_is_refused_before_it_expands()
    {
        byte[] header = NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (100000000,), }");
        byte[] zeros = new byte[100_000_000];
        using (var npz = NpzWriter.Create(File, CompressionLevel.SmallestSize)) npz.AddRaw("x.npy", header, zeros);
        Assert.IsLessThan(200_000L, new FileInfo(File).Length);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        string message = Assert.ThrowsExactly<CheckpointException>(() => NpzCheckpoint.Open(File)).Message;
        Assert.MatchesRegex("claims to expand from [0-9]+ to 100000128 bytes, more than 20 times; weights do not", message);
        Assert.IsLessThan(1_000_000L, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    [TestMethod]
    public void A_member_longer_than_the_archive_says_is_refused()
    {
        byte[] header = NpzWriter.Header("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }");
        using (var npz = NpzWriter.Create(File)) npz.AddRaw("x.npy", header, new byte[32]);
        ClaimLength(128 + 16);
        using var read = NpzCheckpoint.Open(File);
        string message = Assert.ThrowsExactly<CheckpointException>(() => read.Read("x")).Message;
        Assert.Contains("Key 'x'", message);
        Assert.Contains("the member is longer than the archive says", message);
    }

    [TestMethod]
    public void A_directory_with_more_members_than_any_model_has_is_refused()
    {
        byte[] header = NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (0,), }");
        using (var npz = NpzWriter.Create(File))
        {
            for (int i = 0; i <= 10_000; i++) npz.AddRaw($"{i}.npy", header, []);
        }

        AssertRefused("has 10001 members, expected at most 10000");
    }

    /// <summary>Readers differ in which of two contradicting directory ends they trust; here the worse one counts.</summary>
    [TestMethod]
    public void A_zip64_record_cannot_hide_a_long_directory()
    {
        byte[] header = NpzWriter.Header("{'descr': '|u1', 'fortran_order': False, 'shape': (0,), }");
        using (var npz = NpzWriter.Create(File))
        {
            for (int i = 0; i <= 10_000; i++) npz.AddRaw($"{i}.npy", header, []);
        }

        byte[] bytes = System.IO.File.ReadAllBytes(File), record = new byte[56], locator = new byte[20];
        "PK\u0006\u0006"u8.CopyTo(record);
        record[32] = 1; // one member
        BitConverter.TryWriteBytes(record.AsSpan(48), bytes.Length - 22L);
        "PK\u0006\u0007"u8.CopyTo(locator);
        BitConverter.TryWriteBytes(locator.AsSpan(8), bytes.Length - 22L);
        System.IO.File.WriteAllBytes(File, [.. bytes[..^22], .. record, .. locator, .. bytes[^22..]]);
        AssertRefused("has 10001 members, expected at most 10000");
    }

    [TestMethod]
    [DataRow(new byte[] { 80, 75, 3, 4 }, "it has no end-of-directory record of a zip file")]
    [DataRow(
        new byte[] { 80, 75, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0 },
        "its directory is said to start at byte 255, outside the file")]
    public void An_impossible_end_is_named(byte[] content, string expected)
    {
        System.IO.File.WriteAllBytes(File, content);
        AssertRefused(expected);
    }

    [TestMethod]
    public void A_name_that_is_too_long_is_shortened_in_the_message()
    {
        using (var npz = NpzWriter.Create(File)) npz.Add(new string('k', 5000), [1], [1f]);
        AssertRefused($"has a member '{new string('k', 80)}…' of 5004 characters, expected at most 512.");
    }

    /// <summary>Query, key and value alternate between one packed weight and one packed bias.</summary>
    [TestMethod]
    public void The_last_two_tensors_are_kept()
    {
        using (var npz = NpzWriter.Create(File))
        {
            foreach (string key in (string[])["weight", "bias", "next"]) npz.Add(key, [2], [1f, 2f]);
        }

        using var read = NpzCheckpoint.Open(File);
        float[] weight = read.Read("weight"), bias = read.Read("bias");
        Assert.AreSame(weight, read.Read("weight"));
        Assert.AreSame(bias, read.Read("bias"));
        read.Read("next");
        Assert.AreSame(bias, read.Read("bias"));
        Assert.AreNotSame(weight, read.Read("weight"), "only two are kept");
    }

    [TestMethod]
    public void An_encrypted_member_is_refused_without_asking_for_a_password()
    {
        using (var npz = NpzWriter.Create(File)) npz.Add("x", [4], new float[4]);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        // General purpose flag bit 0, in the local header and the central directory.
        bytes[bytes.AsSpan().IndexOf("PK\u0003\u0004"u8) + 6] |= 1;
        bytes[bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 8] |= 1;
        System.IO.File.WriteAllBytes(File, bytes);
        try
        {
            using var read = NpzCheckpoint.Open(File);
            read.Read("x");
            Assert.Fail("An encrypted member was read.");
        }
        catch (CheckpointException e)
        {
            Assert.Contains("Key 'x'", e.Message);
        }
    }

    [TestMethod]
    public void Random_damage_never_causes_another_exception()
    {
        using (var npz = NpzWriter.Create(File, CompressionLevel.Fastest))
        {
            npz.Add("a", [20], new float[20]);
            npz.Add("b", [4, 5], new float[20]);
        }

        byte[] good = System.IO.File.ReadAllBytes(File);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 3].Sample(
            damage =>
            {
                byte[] bytes = (byte[])good.Clone();
                foreach (var (at, value) in damage) bytes[at] = value;
                System.IO.File.WriteAllBytes(File, bytes);
                try
                {
                    using var read = NpzCheckpoint.Open(File);
                    foreach (string key in read.Tensors.Keys) read.Read(key);
                }
                catch (CheckpointException)
                {
                    // The only exception allowed.
                }
            },
            iter: 3000,
            threads: 1);
    }

    // Changes the length in the central directory, which readers trust. The length includes the header.
    private void ClaimLength(uint length)
    {
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 24), length);
        System.IO.File.WriteAllBytes(File, bytes);
    }

    private void WriteMember(string name, ReadOnlySpan<byte> data)
    {
        using var npz = NpzWriter.Create(File);
        npz.AddRaw(name, [], data);
    }

    private void AssertRefused(params string[] parts)
    {
        string message = Assert.ThrowsExactly<CheckpointException>(() => NpzCheckpoint.Open(File)).Message;
        foreach (string part in parts) Assert.Contains(part, message);
        Assert.Contains(File, message);
    }
}
