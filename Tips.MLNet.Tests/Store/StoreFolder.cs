using System.Globalization;
using System.Text;
using Tips.MLNet.Store;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Store;

/// <summary>A folder with a store of vectors whose values follow from their numbers.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder["store"];

    public List<string> Warnings { get; } = [];

    public string[] Segments => [.. Directory.GetFiles(Path, "*.segment").Order(StringComparer.Ordinal)];

    public long Size => Segments.Sum(s => new FileInfo(s).Length);

    public static StoreKey Key(int number) => StoreKey.Of(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    public static float[] Vector(int number, int length = 8)
        => [.. Enumerable.Range(0, length).Select(i => MathF.Sin(number * 31 + i))];

    public EmbeddingStore Open(long maximumBytes = 4L << 30, Func<string, Stream>? createFile = null) => EmbeddingStore.Open(
        Path, new EmbeddingStoreOptions { MaximumBytes = maximumBytes, Warn = Warn }, createFile ?? SegmentWriter.CreateFile);

    /// <summary>Adds vectors in a run of its own.</summary>
    public void Add(int first, int count, int length = 8, long maximumBytes = 4L << 30)
    {
        using var store = Open(maximumBytes);
        Add(store, first, count, length);
    }

    public static void Add(EmbeddingStore store, int first, int count, int length = 8)
    {
        for (int i = first; i < first + count; i++) store.Add(Key(i), Vector(i, length));
    }

    /// <summary>Which vectors are found. Each must be the one that was put there.</summary>
    public static int[] Find(EmbeddingStore store, int count, int length = 8)
    {
        List<int> found = [];
        float[] vector = new float[length];
        for (int i = 0; i < count; i++)
        {
            if (!store.TryGet(Key(i), vector)) continue;
            CollectionAssert.AreEqual(Vector(i, length), vector, $"vector {i}");
            found.Add(i);
        }

        return [.. found];
    }

    /// <summary>Which vectors a new run finds.</summary>
    public int[] Find(int count, int length = 8)
    {
        using var store = Open();
        return Find(store, count, length);
    }

    public void Dispose() => _folder.Dispose();

    private void Warn(string message)
    {
        lock (Warnings) Warnings.Add(message);
    }
}
