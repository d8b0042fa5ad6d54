using System.Globalization;
using System.Numerics.Tensors;

namespace Tips.MLNet.Samples.Report;

/// <summary>Where points are on the map, and what the browser needs to compute the other layout.</summary>
internal sealed class MapLayout
{
    /// <summary>UMAP's usual number of neighbors, of which the point itself is the first.</summary>
    private const int NeighborCount = 15;

    /// <summary>Distances are whole numbers of this unit.</summary>
    private const double Unit = 1e-4;

    private const int Digits = 5;

    private MapLayout(double[][] pca, double[] shares, int[][] neighbors, int[][] distances)
        => (Pca, Shares, Neighbors, Distances) = (pca, shares, neighbors, distances);

    /// <summary>Two coordinates of each point.</summary>
    public double[][] Pca { get; }

    /// <summary>The share of the variance along each of the two, from 0 to 1.</summary>
    public double[] Shares { get; }

    /// <summary>The nearest points of each, the point itself first.</summary>
    public int[][] Neighbors { get; }

    /// <summary>Their distances: 1 − cosine in units of 1e-4.</summary>
    public int[][] Distances { get; }

    public static MapLayout Compute(IReadOnlyList<MapPoint> points)
    {
        int dimension = points[0].Embedding.Length;
        float[] values = new float[points.Count * dimension];
        for (int i = 0; i < points.Count; i++) points[i].Embedding.CopyTo(values, i * dimension);
        var (pca, shares) = Project(values, points.Count, dimension);
        var (neighbors, distances) = FindNeighbors(values, points.Count, dimension);
        return new MapLayout(pca, shares, neighbors, distances);
    }

    // A picture's patches are rows of numbers like any others.
    private static (double[][] Coordinates, double[] Shares) Project(float[] values, int count, int dimension)
    {
        var rows = new PatchFeatures(count, 1, dimension, values);
        var pca = PatchPca.Fit([rows], count: 2);
        double[] projected = pca.Project(rows), mean = pca.GetMean(), row = new double[dimension];
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            TensorPrimitives.ConvertChecked<float, double>(rows[i], row);
            TensorPrimitives.Subtract(row, mean, row);
            total += TensorPrimitives.SumOfSquares<double>(row) / (count - 1);
        }

        double[][] coordinates = new double[count][];
        for (int i = 0; i < count; i++)
            coordinates[i] = [Math.Round(projected[2 * i], Digits), Math.Round(projected[2 * i + 1], Digits)];
        return (coordinates, [.. pca.Variances.Select(variance => total > 0 ? variance / total : 0)]);
    }

    private static (int[][] Neighbors, int[][] Distances) FindNeighbors(float[] values, int count, int dimension)
    {
        using var index = new EmbeddingIndex(dimension);
        for (int i = 0; i < count; i++)
            index.Add(i.ToString(CultureInfo.InvariantCulture), values.AsSpan(i * dimension, dimension));
        int[][] neighbors = new int[count][], distances = new int[count][];
        var found = index.SearchMany(values, NeighborCount);
        for (int i = 0; i < count; i++)
        {
            // Of equal pictures, another one may come first.
            var others = found[i].Select(r => (Row: int.Parse(r.Id, CultureInfo.InvariantCulture), r.Similarity))
                .Where(r => r.Row != i).Take(Math.Min(NeighborCount, count) - 1).ToArray();
            neighbors[i] = [i, .. others.Select(r => r.Row)];
            distances[i] = [0, .. others.Select(r => (int)Math.Round(Math.Max(0, 1 - r.Similarity) / Unit))];
        }

        return (neighbors, distances);
    }
}
