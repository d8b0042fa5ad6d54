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
}
