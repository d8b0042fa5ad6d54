using System.Numerics.Tensors;

namespace Tips.OnnxExport.Verification;

/// <summary>Finds the row that an embedding would be taken for.</summary>
internal static class NearestRows
{
    /// <summary>How many queries have the same nearest row, by cosine, in two models.</summary>
    public static int Same(
        float[][] queries, float[][] rows, float[][] otherQueries, float[][] otherRows, CancellationToken cancellationToken)
        => Queries(queries.Length, cancellationToken).Count(
            q => Nearest(queries[q], rows, except: -1) == Nearest(otherQueries[q], otherRows, except: -1));

    /// <summary>How many vectors have the same nearest other vector in two models.</summary>
    public static int SameAmongThemselves(float[][] vectors, float[][] others, CancellationToken cancellationToken)
        => Queries(vectors.Length, cancellationToken).Count(
            q => Nearest(vectors[q], vectors, except: q) == Nearest(others[q], others, except: q));

    /// <summary>Index of the row with the largest cosine.</summary>
    public static int Nearest(float[] query, float[][] rows, int except)
    {
        int best = -1;
        float largest = float.NegativeInfinity;
        for (int i = 0; i < rows.Length; i++)
        {
            if (i == except) continue;
            float cosine = TensorPrimitives.CosineSimilarity(query, rows[i]);
            if (best < 0 || cosine > largest) (best, largest) = (i, cosine);
        }

        return best;
    }

    // There may be many pictures and texts, so each query checks for cancellation.
    private static IEnumerable<int> Queries(int count, CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return i;
        }
    }
}
