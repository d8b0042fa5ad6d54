using System.Numerics.Tensors;
using Tips.MLNet.Dense;
using Tips.MLNet.Encoders;

namespace Tips.MLNet;

/// <summary>
/// How similar each patch of a picture is to a text, or to a patch of another picture: the cosine of their embeddings. It says where in the
/// picture something is. Immutable and thread-safe.
/// </summary>
/// <example>
/// <code>
/// var patches = model.EmbedPatches("photo.jpg");
/// var map = SimilarityMap.Compute(patches, model.EmbedText("a cat"));
/// Console.WriteLine($"the cat is at row {map.Best.Row}, column {map.Best.Column}: {map.Best.Similarity:F2}");
/// </code>
/// </example>
public sealed class SimilarityMap
{
    private readonly float[] _values;

    private SimilarityMap(int rows, int columns, float[] values) => (Rows, Columns, _values) = (rows, columns, values);

    /// <summary>Rows of patches, from the top.</summary>
    public int Rows { get; }

    /// <summary>Patches of a row, from the left.</summary>
    public int Columns { get; }

    /// <summary>The cosine of every patch, row by row, from −1 to 1.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The most similar patch, the first of equal ones, and its cosine.</summary>
    public (int Row, int Column, float Similarity) Best
    {
        get
        {
            int best = TensorPrimitives.IndexOfMax<float>(_values);
            return (best / Columns, best % Columns, _values[best]);
        }
    }

    /// <summary>The least similar patch's cosine.</summary>
    public float Least => TensorPrimitives.Min<float>(_values);

    /// <summary>Compares each patch with an embedding.</summary>
    /// <param name="patches">The patches.</param>
    /// <param name="embedding">D values, normalized or not: of a text, or a patch of another picture.</param>
    /// <returns>The map.</returns>
    /// <exception cref="ArgumentException">The embedding has another length, or a value that is not finite.</exception>
    public static SimilarityMap Compute(PatchFeatures patches, ReadOnlySpan<float> embedding)
    {
        ArgumentNullException.ThrowIfNull(patches);
        if (embedding.Length != patches.Dimension)
        {
            throw new ArgumentException(
                $"The embedding has {embedding.Length} values, expected {patches.Dimension}.", nameof(embedding));
        }

        if (!TensorPrimitives.IsFiniteAll(embedding)) throw new ArgumentException("A value is not finite.", nameof(embedding));
        float[] cosines = new float[patches.Count];
        for (int patch = 0; patch < cosines.Length; patch++) cosines[patch] = Embedding.Cosine(patches[patch], embedding);
        return new SimilarityMap(patches.Rows, patches.Columns, cosines);
    }

    /// <summary>Enlarges the map bilinearly, for drawing it over the picture.</summary>
    /// <param name="height">The new height.</param>
    /// <param name="width">The new width.</param>
    /// <returns>height × width cosines, row by row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or too large for one array.</exception>
    public float[] Resize(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Array.MaxLength / width);
        using var map = new ScoreMap(Rows, Columns, classes: 1);
        _values.CopyTo(map.Memory);
        float[] result = new float[height * width];
        map.Enlarge(height, width, (y, x, value) => result[y * width + x] = value[0]);
        return result;
    }
}
