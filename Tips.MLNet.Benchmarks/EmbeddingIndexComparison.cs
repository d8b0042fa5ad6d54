using System.Diagnostics;
using System.Globalization;
using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Benchmarks;

/// <summary>A large index, searched: time and memory.</summary>
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
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{entries} entries of {Dimension}: {Process.GetCurrentProcess().WorkingSet64 / 1e9:F2} GB resident"));
        index.SearchMany(asked, Neighbors); // compiles
        for (int turn = 0; turn < turns; turn++)
        {
            var clock = Stopwatch.StartNew();
            index.SearchMany(asked, Neighbors);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"top {Neighbors} of {queries} queries: {clock.Elapsed.TotalSeconds:F3} s, {queries / clock.Elapsed.TotalSeconds:F0} "
                    + $"queries a second"));
        }
    }
}
