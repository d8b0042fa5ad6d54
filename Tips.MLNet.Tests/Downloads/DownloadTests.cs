using System.Collections.Concurrent;
using System.IO.Compression;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Files;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>What tests of the downloader share: a server with one file, a cache, and helpers.</summary>
public abstract class DownloadTests
{
    private protected const string Name = "dir/model_vision.npz";

    private protected static readonly ReleasedFile Wanted = new("image encoder", [Name]);

    protected DownloadTests() => Server.Files[Name] = Whole;

    private protected TemporaryFolder Folder { get; } = new();

    private protected CheckpointServer Server { get; } = new();

    private protected ConcurrentQueue<string> Messages { get; } = [];

    /// <summary>The content of the file.</summary>
    private protected byte[] Whole { get; } = Content(1_000_000, seed: 1);

    private protected string Target => Path.Combine(Folder.Path, "dir", "model_vision.npz");

    private protected DownloadOptions Options => new()
    {
        BaseAddress = Server.Address,
        Cache = new CacheFolder(Folder.Path),
        ChunkLength = 1 << 17,
        IdleTimeout = TimeSpan.FromSeconds(5),
        Retries = 3,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        LongestDelay = TimeSpan.FromMilliseconds(20),
        Log = Messages.Enqueue,
    };

    [TestCleanup]
    public void CleanUp()
    {
        Server.Dispose();
        Folder.Dispose();
    }

    // An archive with one stored member of random bytes.
    private protected static byte[] Content(int length, int seed)
    {
        const int overhead = 22 + 46 + 30 + 2 * 5; // end, directory, header, name
        byte[] values = new byte[length - overhead];
        new Random(seed).NextBytes(values);
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var member = archive.CreateEntry("x.npy", CompressionLevel.NoCompression).Open();
            member.Write(values);
        }

        Assert.AreEqual(length, stream.Length);
        return stream.ToArray();
    }

    private protected async Task<DownloadedFile> Download(
        DownloadOptions? options = null,
        ReleasedFile? wanted = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        using var downloader = new FileDownloader(options ?? Options, progress);
        return await downloader.DownloadAsync(wanted ?? Wanted, cancellationToken);
    }

    private protected async Task<string> Fails(DownloadOptions? options = null, ReleasedFile? wanted = null)
        => (await Assert.ThrowsAsync<DownloadException>(() => Download(options, wanted))).Message;

    // Cancels a download when this many bytes have arrived.
    private protected async Task Interrupt(int after)
    {
        using var source = new CancellationTokenSource();
        Server.Pace = (2, 10_000);
        var progress = new Recorder(report =>
        {
            if (report.Done >= after) source.Cancel();
        });
        var e = await Assert.ThrowsExactlyAsync<DownloadCanceledException>(
            () => Download(progress: progress, cancellationToken: source.Token));
        Assert.Contains("the part downloaded so far is kept", e.Message);
        AssertNoTarget();
        Server.Pace = null;
    }

    // The complete file and its record, and nothing else.
    private protected void AssertWhole()
    {
        CollectionAssert.AreEqual(Whole, File.ReadAllBytes(Target));
        string[] files = Directory.GetFiles(Folder.Path, "*", SearchOption.AllDirectories);
        CollectionAssert.AreEquivalent(new[] { Target, Target + ".json" }, files);
    }

    private protected void AssertNoTarget() => Assert.IsFalse(File.Exists(Target));

    private protected void AssertNothing() => Assert.IsEmpty(Directory.GetFiles(Folder.Path, "*", SearchOption.AllDirectories));

    private protected sealed class Recorder(Action<WorkProgress> record) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => record(value);
    }
}
