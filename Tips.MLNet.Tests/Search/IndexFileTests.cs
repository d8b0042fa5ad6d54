using System.Security.Cryptography;
using Tips.MLNet.Search;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Search;

/// <summary>Index files: streams, mapping, cancellation.</summary>
[TestClass]
public sealed class IndexFileTests : IDisposable
{
    private const int Dimension = 24;

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["some.index"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(31)]
    [DataRow(32)]
    [DataRow(700)]
    public void A_mapped_file_gives_the_same_answers_as_the_index_in_memory(int count)
    {
        var index = Make(count);
        index.Save(Path);
        using var mapped = EmbeddingIndex.OpenMapped(Path);
        Assert.IsTrue(mapped.IsReadOnly);
        Assert.AreEqual((count, Dimension), (mapped.Count, mapped.Dimension));
        CollectionAssert.AreEqual(index.Ids.ToArray(), mapped.Ids.ToArray());
        mapped.Verify();
        float[][] queries = TestVectors.Make("queries", 20, Dimension);
        foreach (float[] query in queries) CollectionAssert.AreEqual(index.Search(query, 50).ToArray(), mapped.Search(query, 50).ToArray());
        CollectionAssert.AreEqual(index.FindSimilarPairs(0.5f).ToArray(), mapped.FindSimilarPairs(0.5f).ToArray());
        float[] before = new float[Dimension], after = new float[Dimension];
        foreach (string id in index.Ids)
        {
            Assert.IsTrue(mapped.Contains(id) && index.TryGetEmbedding(id, before) && mapped.TryGetEmbedding(id, after));
            CollectionAssert.AreEqual(before, after);
        }

        mapped.Save(_folder["copy.index"]);
        CollectionAssert.AreEqual(File.ReadAllBytes(Path), File.ReadAllBytes(_folder["copy.index"]));
    }

    [TestMethod]
    public void A_mapped_file_knows_its_ids_and_no_others()
    {
        var index = new EmbeddingIndex(1);
        string[] ids = ["", "x\ufffd", "Füße", "🐈", .. Enumerable.Range(0, 5000).Select(i => $"{i}")];
        foreach (string id in ids) index.Add(id, [1], id.Length % 2 == 0 ? null : $"payload of {id}");
        index.Save(Path);
        using var mapped = EmbeddingIndex.OpenMapped(Path);
        foreach (string id in ids)
        {
            Assert.IsTrue(mapped.Contains(id), id);
            Assert.IsFalse(mapped.Contains($"{id} "), id);
        }

        Assert.IsFalse(mapped.Contains("x\ud800"), "a lone surrogate is written as U+FFFD by lenient encoders");
        CollectionAssert.AreEqual(ids, mapped.Ids.ToArray());
        CollectionAssert.AreEqual(index.Search([1], 9999).ToArray(), mapped.Search([1], 9999).ToArray());
    }

    [TestMethod]
    [DataRow("x")]
    [DataRow("Füße, 🐈")]
    [DataRow("long")]
    public void A_description_comes_back_unchanged(string description)
    {
        if (description == "long") description = new string('ß', 3_000_000);
        var index = Make(40);
        index.Save(Path);
        byte[] plain = File.ReadAllBytes(Path);
        Assert.AreEqual("", EmbeddingIndex.Load(Path).Description);
        index.Description = description;
        index.Save(Path);
        byte[] described = File.ReadAllBytes(Path);
        var loaded = EmbeddingIndex.Load(Path);
        using var mapped = EmbeddingIndex.OpenMapped(Path);
        foreach (var read in (EmbeddingIndex[])[loaded, mapped])
        {
            Assert.AreEqual(description, read.Description);
            CollectionAssert.AreEqual(index.Ids.ToArray(), read.Ids.ToArray());
            read.Verify();
            read.Save(_folder["copy.index"]);
            CollectionAssert.AreEqual(described, File.ReadAllBytes(_folder["copy.index"]));
        }

        index.Description = "";
        index.Save(_folder["plain.index"]);
        CollectionAssert.AreEqual(plain, File.ReadAllBytes(_folder["plain.index"]), "without one, the file is as before");
        Assert.Contains("read-only", MessageOf<InvalidOperationException>(() => mapped.Description = "y"));
        Assert.AreEqual(
            "The text has a lone surrogate at 1. (Parameter 'value')",
            MessageOf<ArgumentException>(() => index.Description = "x\ud800"));
    }

    [TestMethod]
    public void A_damaged_description_is_noticed()
    {
        var index = Make(3);
        index.Description = "model x";
        index.Save(Path);
        byte[] good = File.ReadAllBytes(Path);
        for (int i = 0; i < IndexHeader.Length + 20; i++)
        {
            byte[] bytes = (byte[])good.Clone();
            bytes[i] ^= 0x41;
            File.WriteAllBytes(Path, bytes);
            string message = MessageOf<InvalidDataException>(() => EmbeddingIndex.OpenMapped(Path));
            Assert.StartsWith($"Index '{Path}' cannot be read: ", message);
            Assert.ThrowsExactly<InvalidDataException>(() => EmbeddingIndex.Load(Path));
        }
    }

    [TestMethod]
    public void A_mapped_index_cannot_be_changed()
    {
        Make(3).Save(Path);
        using var mapped = EmbeddingIndex.OpenMapped(Path);
        const string expected =
            "The index is a mapped file, which is read-only. EmbeddingIndex.Load reads it into memory, where it can be changed.";
        Assert.AreEqual(expected, MessageOf<InvalidOperationException>(() => mapped.Add("x", new float[Dimension])));
        Assert.AreEqual(expected, MessageOf<InvalidOperationException>(() => mapped.Upsert("1", new float[Dimension])));
        Assert.AreEqual(expected, MessageOf<InvalidOperationException>(() => mapped.Remove("1")));
    }

    [TestMethod]
    public void Disposing_lets_running_searches_finish_and_refuses_later_ones()
    {
        Make(3000).Save(Path);
        float[] query = TestVectors.Make("query", 1, Dimension)[0];
        for (int round = 0; round < 20; round++)
        {
            var mapped = EmbeddingIndex.OpenMapped(Path);
            int done = 0;
            var searcher = Task.Run(() =>
            {
                try
                {
                    while (true)
                    {
                        Assert.HasCount(5, mapped.Search(query, 5));
                        Interlocked.Increment(ref done);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // This is how it must end.
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref done) > 2, TimeSpan.FromSeconds(20));
            mapped.Dispose();
            mapped.Dispose();
            Assert.IsTrue(searcher.Wait(TimeSpan.FromSeconds(20)));
            Assert.ThrowsExactly<ObjectDisposedException>(() => mapped.Search(query, 5));
            Assert.ThrowsExactly<ObjectDisposedException>(() => mapped.Verify());
            Assert.ThrowsExactly<ObjectDisposedException>(() => _ = mapped.Contains("none"));
            Assert.ThrowsExactly<ObjectDisposedException>(() => _ = mapped.TryGetEmbedding("none", new float[mapped.Dimension]));
        }

        File.Delete(Path); // nothing holds it open
    }

    [TestMethod]
    public void Verify_notices_damaged_rows_and_opening_notices_damaged_ids()
    {
        Make(40).Save(Path);
        byte[] good = File.ReadAllBytes(Path);
        var header = IndexHeader.Parse(good);
        byte[] bytes = (byte[])good.Clone();
        bytes[header.RowsStart + 1000] ^= 1;
        File.WriteAllBytes(Path, bytes);
        using (var mapped = EmbeddingIndex.OpenMapped(Path))
        {
            Assert.StartsWith(
                $"Index '{Path}' is damaged: the SHA-256 of its rows is",
                MessageOf<InvalidDataException>(() => mapped.Verify()));
        }

        string unreadable = $"Index '{Path}' cannot be read: ";
        Assert.StartsWith(unreadable, MessageOf<InvalidDataException>(() => EmbeddingIndex.Load(Path)));

        for (int i = 0; i < header.RowsStart; i += i < 200 ? 1 : 61)
        {
            bytes = (byte[])good.Clone();
            bytes[i] ^= 0x41;
            File.WriteAllBytes(Path, bytes);
            Assert.StartsWith(unreadable, MessageOf<InvalidDataException>(() => EmbeddingIndex.OpenMapped(Path)));
        }

        for (int length = 0; length < good.Length; length += 211)
        {
            File.WriteAllBytes(Path, good[..length]);
            Assert.StartsWith(unreadable, MessageOf<InvalidDataException>(() => EmbeddingIndex.OpenMapped(Path)));
        }
    }

    [TestMethod]
    public void Files_with_wrong_content_and_the_right_hash_are_refused()
    {
        var index = new EmbeddingIndex(2);
        index.Add("ab", [1, 0]);
        index.Add("ac", [0, 1]);
        index.Save(Path);
        byte[] good = File.ReadAllBytes(Path);
        var header = IndexHeader.Parse(good);
        Assert.Contains(
            "it has the id 'ab' twice",
            Refused(bytes => bytes[IndexHeader.Length + 2 * 8 + 2 + 1] = (byte)'b', mapped: true));
        Assert.Contains(
            "the embedding of entry 0 has the length",
            Refused(bytes => bytes[header.RowsStart + 3] = 0x41, mapped: false));
        Assert.Contains(
            "the embedding of entry 1 has a value that is not finite",
            Refused(bytes => (bytes[header.RowsStart + 6], bytes[header.RowsStart + 7]) = (0xc0, 0x7f), mapped: false));
        Assert.Contains(
            "it has the format of an older version of Tips.MLNet; build the index again",
            Refused(bytes => bytes[7] = (byte)'1', mapped: true));
        Assert.Contains("its panels have 16 rows, expected 32", Refused(bytes => bytes[12] = 16, mapped: true));
        Assert.Contains("at index 0 from specified code page", Refused(bytes => bytes[IndexHeader.Length + 8] = 0xff, mapped: true));
        Assert.Contains("its entry 1 claims texts of 3 and -1 bytes", Refused(bytes => bytes[IndexHeader.Length + 10] = 3, mapped: true));
        Assert.Contains("its entry 0 claims texts of 2 and -2 bytes", Refused(bytes => bytes[IndexHeader.Length + 4] = 0xfe, mapped: true));
        Assert.Contains("its table has 1 bytes behind its last entry", Refused(bytes => bytes[IndexHeader.Length + 10] = 1, mapped: true));
        Assert.Contains("its entry 1 claims texts of 2 and -1 bytes, but", Refused(bytes => bytes[24] -= 3, mapped: true));
        Assert.Contains(
            "it has something between its ids and its rows",
            Refused(bytes => bytes[header.RowsStart - 1] = 1, mapped: true));

        string Refused(Action<byte[]> change, bool mapped)
        {
            byte[] bytes = (byte[])good.Clone();
            change(bytes);
            var hashes = bytes.AsSpan(bytes.Length - IndexHeader.HashesLength);
            SHA256.HashData(bytes.AsSpan(0, (int)header.RowsStart), hashes);
            SHA256.HashData(bytes.AsSpan((int)header.RowsStart, (int)header.RowsLength), hashes[32..]);
            File.WriteAllBytes(Path, bytes);
            string message = MessageOf<InvalidDataException>(() => EmbeddingIndex.Load(Path));
            if (mapped) Assert.AreEqual(message, MessageOf<InvalidDataException>(() => EmbeddingIndex.OpenMapped(Path)));
            return message;
        }
    }

    [TestMethod]
    public void A_link_stays_a_link()
    {
        string link = Path + ".link";
        try
        {
            File.CreateSymbolicLink(link, Path);
        }
        catch (UnauthorizedAccessException e)
        {
            Assert.Inconclusive($"Links cannot be made here: {e.Message}");
        }

        for (int count = 10; count < 12; count++) // the file is not there at first
        {
            Make(count).Save(link);
            Assert.IsNotNull(new FileInfo(link).LinkTarget);
            using EmbeddingIndex loaded = EmbeddingIndex.Load(link), mapped = EmbeddingIndex.OpenMapped(link);
            Assert.AreEqual((count, count), (loaded.Count, mapped.Count));
            mapped.Verify();
        }
    }

    [TestMethod]
    public void A_file_that_cannot_be_written_is_named_as_the_user_named_it()
    {
        string folder = Directory.CreateDirectory(Path + ".folder").FullName;
        Assert.AreEqual(
            $"Index '{folder}' cannot be written: It is a folder.",
            MessageOf<IOException>(() => Make(3).Save(folder)));
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder));
        if (!OperatingSystem.IsLinux()) return;
        const string notWritable = "/sys/tips.index"; // not even for root
        string message = MessageOf<IOException>(() => Make(3).Save(notWritable));
        Assert.StartsWith($"Index '{notWritable}' cannot be written: ", message);
        Assert.DoesNotContain(".partial", message);
    }

    [TestMethod]
    public void Streams_need_not_be_seekable_and_stay_open()
    {
        var index = Make(300);
        using var buffer = new MemoryStream();
        buffer.WriteByte(77);
        index.Save(buffer);
        buffer.WriteByte(78);
        index.Save(Path);
        CollectionAssert.AreEqual(File.ReadAllBytes(Path), buffer.ToArray()[1..^1]);
        using var oneWay = new OneWayStream(buffer.ToArray()[1..]);
        var again = EmbeddingIndex.Load(oneWay);
        CollectionAssert.AreEqual(index.Ids.ToArray(), again.Ids.ToArray());
        Assert.AreEqual(78, oneWay.ReadByte(), "it is read only up to the end of the index");
        buffer.Position = 1;
        CollectionAssert.AreEqual(index.Ids.ToArray(), EmbeddingIndex.Load(buffer).Ids.ToArray());
        Assert.AreEqual(78, buffer.ReadByte(), "a seekable stream may go on behind the index, too");
        File.AppendAllBytes(Path, [1]);
        Assert.Contains("but has", MessageOf<InvalidDataException>(() => EmbeddingIndex.Load(Path)), "a file may not");
    }

    [TestMethod]
    public void A_canceled_save_leaves_the_old_index_and_nothing_else()
    {
        Make(3).Save(Path);
        byte[] old = File.ReadAllBytes(Path);
        var canceled = new CancellationToken(canceled: true);
        Assert.ThrowsExactly<OperationCanceledException>(() => Make(300).Save(Path, canceled));
        CollectionAssert.AreEqual(new[] { Path }, Directory.GetFiles(_folder.Path));
        CollectionAssert.AreEqual(old, File.ReadAllBytes(Path));
        Assert.ThrowsExactly<OperationCanceledException>(() => EmbeddingIndex.Load(Path, canceled));
        Assert.ThrowsExactly<OperationCanceledException>(() => Make(300).FindSimilarPairs(0.5f, cancellationToken: canceled));
    }

    private static string MessageOf<TException>(Action action)
        where TException : Exception
        => Assert.ThrowsExactly<TException>(action).Message;

    private static EmbeddingIndex Make(int count)
    {
        float[][] vectors = TestVectors.Make("rows", Math.Max(count, 1), Dimension);
        var index = new EmbeddingIndex(Dimension);
        for (int i = 0; i < count; i++) index.Add($"{i}", vectors[i], i % 3 == 0 ? null : $"Füße {i}");
        if (count > 40) index.Remove("17");
        if (count > 40) index.Add("17", vectors[17], "again");
        return index;
    }
}
