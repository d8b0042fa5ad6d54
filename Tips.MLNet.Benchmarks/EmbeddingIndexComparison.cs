using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Benchmarks;

/// <summary>
/// A large index, searched: many queries at once, and one alone, which takes turns with threads that only read as many bytes.
/// </summary>
internal static class EmbeddingIndexComparison
{
    private const int Dimension = 384, Neighbors = 10;

    public static void Run(int entries, int queries, int turns)
    {
        var index = new EmbeddingIndex(Dimension);
        float[] vector = new float[Dimension], asked = new float[queries * Dimension];
        for (int i = 0; i < entries; i++)
        {
            FormulaValues.Fill($"{i}.weight", [Dimension, 3], 1, vector);
            index.Add(i.ToString(CultureInfo.InvariantCulture), vector);
        }

        FormulaValues.Fill("queries.weight", [asked.Length, 3], 1, asked);
        Print($"{entries} entries of {Dimension}: {Process.GetCurrentProcess().WorkingSet64 / 1e9:F2} GB resident");
        Seconds(() => index.SearchMany(asked, Neighbors)); // compiles
        for (int turn = 0; turn < turns; turn++)
        {
            double seconds = Seconds(() => index.SearchMany(asked, Neighbors));
            Print($"top {Neighbors} of {queries} queries: {seconds:F3} s, {queries / seconds:F0} queries a second");
        }

        CompareWithReading(index, asked, turns);
        Map(index, asked.AsMemory(0, Dimension));
    }

    private static void CompareWithReading(EmbeddingIndex index, float[] asked, int turns)
    {
        float[] bytes = new float[(long)index.Count * Dimension];
        Array.Fill(bytes, 1);
        double gigabytes = bytes.LongLength * sizeof(float) / 1e9;
        float[] query = asked[..Dimension];
        for (int turn = 0; turn <= turns; turn++)
        {
            double search = Seconds(() => index.Search(query, Neighbors)), read = Seconds(() => ReadAll(bytes));
            if (turn > 0) // the first one compiles
                Print($"one query: {search * 1e3:F1} ms, {gigabytes / search:F1} GB/s; reading alone: {gigabytes / read:F1} GB/s");
        }
    }

    private static void ReadAll(float[] values)
    {
        const int Piece = 1 << 20;
        int pieces = (values.Length + Piece - 1) / Piece;
        Parallel.For(0, pieces, i => TensorPrimitives.Sum(values.AsSpan(i * Piece, Math.Min(Piece, values.Length - i * Piece))));
    }

    private static void Map(EmbeddingIndex index, ReadOnlyMemory<float> query)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string path = Path.Combine(folder, "index");
            index.Save(path);
            EmbeddingIndex? mapped = null;
            double open = Seconds(() => mapped = EmbeddingIndex.OpenMapped(path));
            using (mapped)
            {
                double search = Seconds(() => mapped!.Search(query.Span, Neighbors));
                Print($"mapped, file cache warm: opened in {open:F3} s, first query {search:F3} s");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
