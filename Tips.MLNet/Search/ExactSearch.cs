using System.Runtime.ExceptionServices;
using System.Runtime.Intrinsics;

namespace Tips.MLNet.Search;

/// <summary>
/// Exact nearest neighbors: every query is compared with every row, on all cores. Many queries are split among the cores, and each core
/// compares its tiles of queries with the rows block by block. With few queries, the rows are split instead, so that even a single query
/// reads memory at full speed.
/// </summary>
internal static class ExactSearch
{
    private const int QueriesPerTask = 96;

    /// <summary>Parts of the rows per core: the smaller they are, the less time the other cores spend waiting for the last one.</summary>
    private const int PartsPerCore = 4;

    /// <summary>
    /// How far from 1 rounding may move the cosine of equal vectors. It grows with the square root of the number of products (at most 5e-8
    /// times it, measured from 384 to 1,536 dimensions).
    /// </summary>
    public static float CosineRounding(int dimension) => 1e-7f * MathF.Sqrt(dimension);

    /// <summary>Factor that scales a vector to unit length; 0 for a vector of zeros.</summary>
    public static double InverseNorm(ReadOnlySpan<float> vector)
    {
        // In double: the squares of large or tiny values, and the factors that undo them, would leave the range of a float.
        double sum = 0;
        foreach (float value in vector) sum += (double)value * value;
        return sum > 0 ? 1 / Math.Sqrt(sum) : 0;
    }

    /// <summary>Finds the nearest rows of every query.</summary>
    /// <param name="request">What to search for.</param>
    /// <param name="metric">How nearness is measured.</param>
    /// <returns>For each query its rows, nearest first; of equally near rows the lower one comes first.</returns>
    public static TopK[] Run(SearchRequest request, DistanceMetric metric)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Queries.Length, (long)request.Count * request.Rows.Dimension, nameof(request));
        return Vector512.IsHardwareAccelerated ? Run<Simd512>(request, metric) : Run<Simd256>(request, metric);
    }

    /// <summary>The same with a chosen vector width.</summary>
    public static TopK[] Run<TSimd>(SearchRequest request, DistanceMetric metric)
        where TSimd : struct, ISimd<TSimd>
        => metric == DistanceMetric.Cosine ? Run<TSimd, DotProduct>(request, metric) : Run<TSimd, NegativeSquaredDistance>(request, metric);

    private static TopK[] Run<TSimd, TMeasure>(SearchRequest request, DistanceMetric metric)
        where TSimd : struct, ISimd<TSimd>
        where TMeasure : struct, IMeasure
    {
        int cores = Environment.ProcessorCount, tiles = Tiles(request.Count);
        var tasks = new SearchTask<TSimd, TMeasure>(request, metric);
        if (tiles < cores && request.Rows.BlockCount > 1) return SplitRows(tasks, Math.Min(request.Rows.BlockCount, cores * PartsPerCore));

        int parts = Math.Min(tiles, Math.Max(cores, (request.Count + QueriesPerTask - 1) / QueriesPerTask));
        var best = new TopK[request.Count];
        RunParts(parts, part =>
        {
            var (first, end) = Part(part, parts, tiles);
            int firstQuery = first * TileQueries, endQuery = Math.Min(end * TileQueries, request.Count);
            tasks.Run(firstQuery, endQuery, 0, request.Rows.BlockCount).CopyTo(best, firstQuery);
        });
        return best;
    }

    private static TopK[] SplitRows<TSimd, TMeasure>(SearchTask<TSimd, TMeasure> tasks, int parts)
        where TSimd : struct, ISimd<TSimd>
        where TMeasure : struct, IMeasure
    {
        var request = tasks.Request;
        var found = new TopK[parts][];
        RunParts(parts, part =>
        {
            var (first, end) = Part(part, parts, request.Rows.BlockCount);
            found[part] = tasks.Run(0, request.Count, first, end);
        });
        var best = new TopK[request.Count];
        for (int query = 0; query < best.Length; query++)
        {
            best[query] = new TopK(request.K, TMeasure.Scale);
            // In the order of the rows, so that of equally near ones the lower stays.
            foreach (var part in found) best[query].Merge(part[query]);
        }

        return best;
    }

    private const int TileQueries = SearchKernel<Simd256, DotProduct>.TileQueries;

    private static int Tiles(int queries) => (queries + TileQueries - 1) / TileQueries;

    private static (int First, int End) Part(int part, int parts, int count)
        => ((int)((long)count * part / parts), (int)((long)count * (part + 1) / parts));

    private static void RunParts(int parts, Action<int> run)
    {
        if (parts == 1)
        {
            run(0);
            return;
        }

        try
        {
            Parallel.For(0, parts, run);
        }
        catch (AggregateException e)
        {
            // What a filter throws must not depend on the number of parts.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
