using System.Numerics.Tensors;

namespace Tips.OnnxExport.Verification;

/// <summary>What an embedding would be taken for.</summary>
internal static class NearestRows
{
    /// <summary>For each query the index of the row of <paramref name="rows"/> with the largest cosine.</summary>
    /// <param name="queries">Vectors.</param>
    /// <param name="rows">Vectors.</param>
    /// <param name="others">Whether both are the same vectors, of which none is its own neighbour.</param>
    public static int[] Find(float[][] queries, float[][] rows, bool others) => [.. queries.Select((query, q) =>
    {
        int best = -1;
        float largest = float.NegativeInfinity;
        for (int i = 0; i < rows.Length; i++)
        {
            if (others && i == q) continue;
            float cosine = TensorPrimitives.CosineSimilarity(query, rows[i]);
            if (cosine > largest) (best, largest) = (i, cosine);
        }

        return best;
    })];
}
