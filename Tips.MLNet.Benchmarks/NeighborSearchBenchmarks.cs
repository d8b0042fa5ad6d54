using BenchmarkDotNet.Attributes;
using Tips.MLNet.Search;
using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Benchmarks;

/// <summary>Exact search: 10,000 queries, 50,000 rows, 384 dimensions, the 20 nearest.</summary>
[SimpleJob(launchCount: 1, warmupCount: 1, iterationCount: 5)]
public class NeighborSearchBenchmarks
{
    private const int Rows = 50_000, Queries = 10_000, Dimension = 384, K = 20;

    private readonly float[] _queries = new float[Queries * Dimension];
    private readonly int[] _rows = new int[Queries * K];
    private readonly float[] _similarities = new float[Queries * K];
    private NeighborIndex _index = null!;

    [Params(DistanceMetric.Cosine, DistanceMetric.Euclidean)]
    public DistanceMetric Metric { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        float[] row = new float[Dimension];
        _index = new NeighborIndex(Dimension, Metric);
        for (int i = 0; i < Rows; i++)
        {
            FormulaValues.Fill($"rows.{i}.weight", [Dimension, 3], 1, row);
            _index.Add(row);
        }

        FormulaValues.Fill("queries.weight", [_queries.Length, 3], 1, _queries);
    }

    [Benchmark]
    public void Search() => _index.Search(_queries, Queries, K, _rows, _similarities);
}
