using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>Embedded pictures as the functions of the library take them.</summary>
internal sealed class AuditData
{
    /// <param name="pictures">The pictures.</param>
    /// <param name="test">The test pictures; empty for none.</param>
    /// <param name="hasLabels">Whether the labels are to be used.</param>
    /// <param name="dimension">Length of an embedding.</param>
    public AuditData(
        IReadOnlyList<EmbeddedPicture> pictures, IReadOnlyList<EmbeddedPicture> test, bool hasLabels, int dimension)
    {
        (Pictures, Test, Dimension) = (pictures, test, dimension);
        Embeddings = [.. pictures.SelectMany(p => p.Embedding)];
        TestEmbeddings = [.. test.SelectMany(p => p.Embedding)];
        Classes = hasLabels ? [.. pictures.Select(p => p.Label).Distinct().Order(StringComparer.Ordinal)] : [];
        var numbers = Classes.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i, StringComparer.Ordinal);
        Labels = hasLabels ? [.. pictures.Select(p => numbers[p.Label])] : null;
    }

    public IReadOnlyList<EmbeddedPicture> Pictures { get; }

    public IReadOnlyList<EmbeddedPicture> Test { get; }

    public int Dimension { get; }

    public float[] Embeddings { get; }

    public float[] TestEmbeddings { get; }

    /// <summary>The labels, each once; empty without labels.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The class of each picture; null without labels.</summary>
    public int[]? Labels { get; }

    /// <summary>The label of a picture; null without labels.</summary>
    public string? LabelOf(int picture) => Labels is null ? null : Pictures[picture].Label;

    /// <summary>The cosine of two pictures.</summary>
    public float Cosine(int first, int second)
        => TipsModel.CosineSimilarity(Pictures[first].Embedding, Pictures[second].Embedding);

    /// <summary>The picture most similar to one, among those that are accepted; null if none is.</summary>
    public int? Nearest(int picture, Func<int, bool> accept)
    {
        int? nearest = null;
        float best = float.NegativeInfinity;
        for (int other = 0; other < Pictures.Count; other++)
        {
            if (other == picture || !accept(other)) continue;
            float cosine = Cosine(picture, other);
            if (cosine > best) (nearest, best) = (other, cosine);
        }

        return nearest;
    }
}
