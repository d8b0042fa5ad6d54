using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>Cosines of patches.</summary>
internal static class FeatureMath
{
    /// <summary>Least norm that a patch is divided by, as in PyTorch's <c>normalize</c>.</summary>
    private const float LeastNorm = 1e-12f;

    /// <summary>The cosine of every patch with every embedding of unit length.</summary>
    /// <param name="patches">patches × D values.</param>
    /// <param name="embeddings">embeddings × D values.</param>
    /// <param name="dimension">D.</param>
    /// <param name="cosines">Receives patches × embeddings values.</param>
    public static void Cosines(ReadOnlyMemory<float> patches, ReadOnlyMemory<float> embeddings, int dimension, Memory<float> cosines)
    {
        int count = embeddings.Length / dimension;
        Parallel.For(0, patches.Length / dimension, patch =>
        {
            var features = patches.Span.Slice(patch * dimension, dimension);
            float norm = Math.Max(TensorPrimitives.Norm(features), LeastNorm);
            for (int i = 0; i < count; i++)
            {
                float dot = TensorPrimitives.Dot(features, embeddings.Span.Slice(i * dimension, dimension));
                cosines.Span[patch * count + i] = dot / norm;
            }
        });
    }

    /// <summary>Divides each embedding by its length; the zero vector stays as it is.</summary>
    public static float[] Normalized(ReadOnlySpan<float> embeddings, int dimension)
    {
        float[] result = embeddings.ToArray();
        for (int start = 0; start < result.Length; start += dimension)
        {
            var embedding = result.AsSpan(start, dimension);
            TensorPrimitives.Divide(embedding, Math.Max(TensorPrimitives.Norm<float>(embedding), LeastNorm), embedding);
        }

        return result;
    }
}
