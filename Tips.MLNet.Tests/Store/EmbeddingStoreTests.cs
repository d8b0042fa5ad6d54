using Tips.MLNet.Store;

namespace Tips.MLNet.Tests.Store;

/// <summary>What is put into a store is found again, by whoever opens it.</summary>
[TestClass]
public sealed class EmbeddingStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Vectors_are_found_at_once_and_by_later_runs()
    {
        using (var store = _folder.Open())
        {
            Assert.IsEmpty(StoreFolder.Find(store, 300));
            StoreFolder.Add(store, 0, 300);
            Assert.HasCount(300, StoreFolder.Find(store, 300), "some are written, some are not yet");
            Assert.AreEqual((300L, 300L), (store.Hits, store.Misses));
        }

        using var again = _folder.Open();
        Assert.HasCount(300, StoreFolder.Find(again, 400));
        Assert.AreEqual((300L, 0L, 0L), (again.Hits, again.Misses, again.FilesRead));
        Assert.IsEmpty(_folder.Warnings);
    }

    [TestMethod]
    public void Vectors_of_many_lengths_share_a_store()
    {
        int[] lengths = [1, 192, 768, 1024, 3072];
        using (var store = _folder.Open())
        {
            for (int i = 0; i < 200; i++) store.Add(StoreFolder.Key(i), StoreFolder.Vector(i, lengths[i % lengths.Length]));
        }

        using var again = _folder.Open();
        for (int i = 0; i < 200; i++)
        {
            float[] vector = new float[lengths[i % lengths.Length]];
            Assert.IsTrue(again.TryGet(StoreFolder.Key(i), vector));
            CollectionAssert.AreEqual(StoreFolder.Vector(i, vector.Length), vector);
        }
    }

    [TestMethod]
    public void Every_bit_is_kept()
    {
        float[] values = [float.NaN, float.NegativeInfinity, -0f, float.Epsilon, BitConverter.UInt32BitsToSingle(0x7fc12345)];
        float[] found = new float[values.Length];
        using (var store = _folder.Open()) store.Add(StoreFolder.Key(1), values);
        using var again = _folder.Open();
        Assert.IsTrue(again.TryGet(StoreFolder.Key(1), found));
        CollectionAssert.AreEqual(
            values.Select(BitConverter.SingleToUInt32Bits).ToArray(), found.Select(BitConverter.SingleToUInt32Bits).ToArray());
    }

    [TestMethod]
    public void Nothing_is_written_that_is_there()
    {
        _folder.Add(0, 100);
        long size = _folder.Size;
        _folder.Add(0, 100);
        Assert.AreEqual(size, _folder.Size);
        Assert.HasCount(1, Directory.GetFiles(_folder.Path));
    }

    [TestMethod]
    public void What_another_run_writes_is_found_without_opening_again()
    {
        using var reader = _folder.Open();
        using var writer = _folder.Open();
        StoreFolder.Add(writer, 0, 10);
        writer.Flush();
        Assert.IsTrue(Appears(reader, 9));
        StoreFolder.Add(writer, 10, 10);
        Assert.IsTrue(Appears(reader, 19), "it is written soon, without being told to");

        static bool Appears(EmbeddingStore store, int number)
            => SpinWait.SpinUntil(() => store.TryGet(StoreFolder.Key(number), new float[8]), TimeSpan.FromSeconds(30));
    }

    [TestMethod]
    public void Many_threads_may_use_it()
    {
        using (var store = _folder.Open())
        {
            Parallel.For(0, 8, thread =>
            {
                float[] vector = new float[8];
                for (int i = 0; i < 500; i++)
                {
                    int number = (i * 7 + thread * 100) % 1000;
                    if (store.TryGet(StoreFolder.Key(number), vector)) CollectionAssert.AreEqual(StoreFolder.Vector(number), vector);
                    else store.Add(StoreFolder.Key(number), StoreFolder.Vector(number));
                }
            });
        }

        Assert.HasCount(1000, _folder.Find(1000));
    }

    /// <summary>Two runs at a time, which also find and merge what is there, lose nothing.</summary>
    [TestMethod]
    public void Many_runs_at_once_lose_nothing()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, run =>
        {
            for (int part = 0; part < 10; part++) _folder.Add(run * 1000 + part * 100, 100);
        });
        int[] found = _folder.Find(8000);
        Assert.HasCount(8000, found);
        Assert.IsLessThan(80, _folder.Segments.Length);
        Assert.IsEmpty(_folder.Warnings, string.Join("\n", _folder.Warnings));
    }

    [TestMethod]
    public void A_disposed_store_says_so()
    {
        var store = _folder.Open();
        store.Dispose();
        store.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => store.TryGet(StoreFolder.Key(1), new float[8]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => store.Add(StoreFolder.Key(1), new float[8]));
        Assert.ThrowsExactly<ObjectDisposedException>(store.Flush);
    }

    [TestMethod]
    public void A_folder_that_cannot_be_used_is_an_error()
    {
        using var folder = new Support.TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        var thrown = Assert.ThrowsExactly<IOException>(() => EmbeddingStore.Open(folder["file"]));
        Assert.StartsWith($"The embedding store '{folder["file"]}' cannot be opened: ", thrown.Message);
        Assert.ThrowsExactly<ArgumentException>(() => EmbeddingStore.Open(""));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => EmbeddingStore.Open(folder["new"], new EmbeddingStoreOptions { MaximumBytes = 1000 }));
        Assert.IsFalse(Directory.Exists(folder["new"]));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_folder_that_may_not_be_written_is_an_error()
    {
        if (OperatingSystem.IsWindows()) return; // for the analyzer
        _folder.Add(0, 1);
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            File.WriteAllText(Path.Combine(_folder.Path, "probe"), "");
            Assert.Inconclusive("This user may write everywhere.");
        }
        catch (UnauthorizedAccessException)
        {
            Assert.Contains(_folder.Path, Assert.ThrowsExactly<IOException>(() => _folder.Open()).Message);
        }
        finally
        {
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [TestMethod]
    public void A_full_disk_is_reported_once_and_the_run_goes_on()
    {
        _folder.Add(0, 50);
        using (var store = _folder.Open(createFile: path => new FullDisk(SegmentWriter.CreateFile(path), room: 10_000)))
        {
            StoreFolder.Add(store, 50, 1000);
            Assert.HasCount(1, _folder.Warnings);
            Assert.Contains(_folder.Path, _folder.Warnings[0]);
            Assert.Contains("No space left on device", _folder.Warnings[0]);
            Assert.AreEqual(1000, store.Misses);
            CollectionAssert.IsSubsetOf(Enumerable.Range(0, 50).ToArray(), StoreFolder.Find(store, 1050));
        }

        // Two blocks of 64 fitted, and nothing of the next is left.
        CollectionAssert.AreEqual(Enumerable.Range(0, 178).ToArray(), _folder.Find(1050));
        Assert.HasCount(1, _folder.Warnings);
    }

    /// <summary>A disk that has room for so many bytes.</summary>
    private sealed class FullDisk(Stream stream, int room) : Stream
    {
        private int _room = room;

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => stream.Length;

        public override long Position
        {
            get => stream.Position;
            set => stream.Position = value;
        }

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

        public override void SetLength(long value) => stream.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            stream.Write(buffer[..Math.Min(_room, buffer.Length)]);
            if (buffer.Length > _room) throw new IOException("No space left on device");
            _room -= buffer.Length;
        }

        protected override void Dispose(bool disposing)
        {
            stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
