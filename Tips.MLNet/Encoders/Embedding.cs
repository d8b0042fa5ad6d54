using System.Numerics.Tensors;

namespace Tips.MLNet.Encoders;

/// <summary>Operations on embeddings.</summary>
internal static class Embedding
{
    /// <summary>Least norm that a vector is divided by: the reference's max(‖x‖₂, 1e-3).</summary>
    private const float MinimumNorm = 1e-3f;

    /// <summary>Divides by max(‖x‖₂, 1e-3) in place.</summary>
    public static void Normalize(Span<float> embedding)
        => TensorPrimitives.Divide(embedding, MathF.Max(TensorPrimitives.Norm(embedding), MinimumNorm), embedding);

    /// <summary>Cosine of two vectors of one length; 0 if one of them is the zero vector.</summary>
    public static float Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        // In double: the squares of large or tiny values would leave the range of a float.
        double dot = 0, firstSquares = 0, secondSquares = 0;
        for (int i = 0; i < first.Length; i++)
        {
            double a = first[i], b = second[i];
            dot += a * b;
            firstSquares += a * a;
            secondSquares += b * b;
        }

        double norms = Math.Sqrt(firstSquares) * Math.Sqrt(secondSquares);
        return norms > 0 ? (float)Math.Clamp(dot / norms, -1, 1) : 0f;
    }
}
