using System.Diagnostics;
using System.Globalization;
using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Benchmarks;

/// <summary>A large index, searched: many queries at once, one alone, and from a mapped file.</summary>
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

        float[] query = asked[..Dimension];
        double gigabytes = (double)entries * Dimension * sizeof(float) / 1e9;
        for (int turn = 0; turn <= turns; turn++)
        {
            double seconds = Seconds(() => index.Search(query, Neighbors));
            if (turn > 0) Print($"one query: {seconds * 1e3:F1} ms, {gigabytes / seconds:F1} GB/s"); // the first one compiles
        }

        Map(index, query, turns);
    }

    private static void Map(EmbeddingIndex index, float[] query, int turns)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string path = Path.Combine(folder, "index");
            index.Save(path);
            for (int turn = 0; turn < turns; turn++)
            {
                EmbeddingIndex? mapped = null;
                double open = Seconds(() => mapped = EmbeddingIndex.OpenMapped(path));
                using (mapped)
                {
                    double search = Seconds(() => mapped!.Search(query, Neighbors));
                    Print($"mapped, file cache warm: opened in {open:F3} s, first query {search:F3} s");
                }
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
