using System.Numerics.Tensors;
using Tips.MLNet.Dense;

namespace Tips.MLNet;

/// <summary>
/// Principal components of patch embeddings. Three of them as red, green and blue make a picture in which what is alike has one color;
/// fitted on several pictures, the colors mean the same in all of them.
/// </summary>
/// <remarks>
/// <para>Exact and repeatable: all patches count, computed in double precision. The notebooks of TIPS sample patches at random. The sign
/// of a component is free; here its entry of largest absolute value is positive.</para>
/// <para>Immutable; every member may be called from several threads at once.</para>
/// </remarks>
public sealed class PatchPca
{
    private const double LeastNorm = 1e-3;

    /// <summary>The covariance takes 8·D² bytes: 2 GiB.</summary>
    private const int MaximumDimension = 16_384;

    private readonly double[] _mean, _variances;
    private readonly double[][] _components;

    private PatchPca(double[] mean, double[][] components, double[] variances)
        => (_mean, _components, _variances) = (mean, components, variances);

    /// <summary>Length D of the embeddings.</summary>
    public int Dimension => _mean.Length;

    /// <summary>Number of components.</summary>
    public int Count => _components.Length;

    /// <summary>Variance of the patches along each component, with divisor n − 1, largest first.</summary>
    public IReadOnlyList<double> Variances => Array.AsReadOnly(_variances);

    /// <summary>The mean of all patches, D values.</summary>
    /// <returns>A copy.</returns>
    public double[] GetMean() => [.. _mean];

    /// <summary>A component, D values of unit length.</summary>
    /// <param name="index">The component, from 0.</param>
    /// <returns>A copy.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such component.</exception>
    public double[] GetComponent(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return [.. _components[index]];
    }

    /// <summary>Finds the components of the patches of one or more pictures. Takes about 12·D² bytes of memory.</summary>
    /// <param name="pictures">The pictures; every patch counts the same.</param>
    /// <param name="count">Number of components, at most D.</param>
    /// <returns>The components.</returns>
    /// <exception cref="ArgumentException">
    /// There is no picture, they differ in D, they have fewer than two patches together, or D or <paramref name="count"/> is out of range.
    /// </exception>
    public static PatchPca Fit(IReadOnlyList<PatchFeatures> pictures, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0 || pictures.Any(p => p is null)) throw new ArgumentException("A picture is missing.", nameof(pictures));
        int dimension = pictures[0].Dimension;
        if (pictures.FirstOrDefault(p => p.Dimension != dimension) is { } other)
        {
            throw new ArgumentException(
                $"A picture has embeddings of {other.Dimension} values, another of {dimension}, expected the same.", nameof(pictures));
        }

        if (dimension > MaximumDimension)
        {
            throw new ArgumentException(
                $"The embeddings have {dimension} values, expected at most {MaximumDimension}.", nameof(pictures));
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, dimension);
        long patches = pictures.Sum(p => (long)p.Count);
        if (patches < 2) throw new ArgumentException("There is one patch, expected at least two.", nameof(pictures));
        double[] mean = Mean(pictures, dimension, patches);
        var (variances, components) = SymmetricEigen.Largest(Covariance(pictures, mean, patches), dimension, count);
        foreach (double[] component in components)
        {
            if (component[TensorPrimitives.IndexOfMaxMagnitude<double>(component)] < 0) TensorPrimitives.Negate(component, component);
        }

        // What is left of a direction without any variance is rounding; colors must not show it.
        double noise = dimension * (Math.BitIncrement(1.0) - 1);
        return new PatchPca(mean, components, Array.ConvertAll(variances, v => v > noise * variances[0] ? v : 0));
    }

    /// <summary>The coordinates of a picture's patches along the components, relative to the mean.</summary>
    /// <param name="picture">The picture.</param>
    /// <returns>patches × components values.</returns>
    /// <exception cref="ArgumentException">The picture's embeddings have another length.</exception>
    public double[] Project(PatchFeatures picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (picture.Dimension != Dimension)
            throw new ArgumentException(
                $"The picture has embeddings of {picture.Dimension} values, expected {Dimension}.", nameof(picture));
        double[] result = new double[picture.Count * Count], row = new double[Dimension];
        for (int patch = 0; patch < picture.Count; patch++)
        {
            Center(picture[patch], _mean, row);
            for (int k = 0; k < Count; k++) result[patch * Count + k] = TensorPrimitives.Dot<double>(row, _components[k]);
        }

        return result;
    }

    /// <summary>Colors a picture's patches by the first three components.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="style">How components become colors.</param>
    /// <returns>patches × 3 values from 0 to 1: red, green, blue.</returns>
    /// <exception cref="ArgumentException">The picture's embeddings have another length, or the style is unknown.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than three components.</exception>
    public float[] Color(PatchFeatures picture, PcaStyle style = PcaStyle.Sigmoid)
    {
        if (Count < 3) throw new InvalidOperationException($"There are {Count} components, expected at least 3.");
        if (!Enum.IsDefined(style)) throw new ArgumentOutOfRangeException(nameof(style), style, "Unknown style.");
        double[] projected = Project(picture);
        float[] colors = new float[picture.Count * 3];
        for (int patch = 0; patch < picture.Count; patch++)
        {
            var coordinates = projected.AsSpan(patch * Count, 3);
            double norm = Math.Max(TensorPrimitives.Norm<double>(coordinates), LeastNorm);
            for (int k = 0; k < 3; k++)
            {
                double deviation = Math.Sqrt(_variances[k]);
                double value = style == PcaStyle.Sigmoid
                    ? 1 / (1 + Math.Exp(-2 * (deviation > 0 ? coordinates[k] / deviation : 0)))
                    : coordinates[k] / norm * 0.5 + 0.5;
                colors[patch * 3 + k] = (float)value;
            }
        }

        return colors;
    }

    private static double[] Mean(IReadOnlyList<PatchFeatures> pictures, int dimension, long patches)
    {
        double[] mean = new double[dimension];
        foreach (var picture in pictures)
        {
            for (int patch = 0; patch < picture.Count; patch++)
            {
                var row = picture[patch];
                for (int i = 0; i < row.Length; i++) mean[i] += row[i];
            }
        }

        TensorPrimitives.Divide(mean, patches, mean);
        return mean;
    }

    private static double[] Covariance(IReadOnlyList<PatchFeatures> pictures, double[] mean, long patches)
    {
        int dimension = mean.Length;
        double[] covariance = new double[(long)dimension * dimension];
        foreach (var picture in pictures)
        {
            double[] rows = new double[picture.Values.Length];
            for (int patch = 0; patch < picture.Count; patch++)
                Center(picture[patch], mean, rows.AsSpan(patch * dimension, dimension));
            Parallel.For(0, dimension, i =>
            {
                var target = covariance.AsSpan(i * dimension, dimension);
                for (int start = 0; start < rows.Length; start += dimension)
                    TensorPrimitives.MultiplyAdd<double>(rows.AsSpan(start, dimension), rows[start + i], target, target);
            });
        }

        TensorPrimitives.Divide(covariance, patches - 1, covariance);
        return covariance;
    }

    private static void Center(ReadOnlySpan<float> row, double[] mean, Span<double> result)
    {
        for (int i = 0; i < row.Length; i++) result[i] = row[i] - mean[i];
    }
}
