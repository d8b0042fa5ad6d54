using System.Runtime.InteropServices;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

[assembly: LoadableComponent<TipsZeroShotTransformer>(TipsZeroShotTransformer.LoaderName, "TIPS zero-shot classification")]

namespace Tips.MLNet.Transforms;

/// <summary>
/// Classifies picture embeddings by the names of their classes. Made by <see cref="TipsZeroShotEstimator"/> or by loading a saved pipeline,
/// which holds the labels' embeddings and needs no text encoder. A row whose embedding is not finite gets a missing label and NaN scores.
/// </summary>
public sealed class TipsZeroShotTransformer : MappingTransformer, ILoadableComponent<TipsZeroShotTransformer>
{
    internal const string LoaderName = "TipsZeroShot";

    private const string EmbeddingsStream = "Embeddings";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSZERO");

    private readonly ZeroShotMapping _mapping;

    internal TipsZeroShotTransformer(string embeddingColumnName, ZeroShotClassifier classifier, string? labelColumnName)
    {
        LabelColumnName = labelColumnName;
        EmbeddingColumnName = embeddingColumnName;
        Classifier = classifier;
        _mapping = new ZeroShotMapping(embeddingColumnName, classifier, labelColumnName);
    }

    /// <summary>Labels and their embeddings.</summary>
    public ZeroShotClassifier Classifier { get; }

    /// <summary>Name of the embedding column.</summary>
    public string EmbeddingColumnName { get; }

    /// <summary>
    /// Name of the column of true labels, which become keys in the order of the classifier's labels; null if there is none.
    /// </summary>
    public string? LabelColumnName { get; }

    internal override IBatchMapping Mapping => _mapping;

    static ComponentSignature ILoadableComponent<TipsZeroShotTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    static TipsZeroShotTransformer ILoadableComponent<TipsZeroShotTransformer>.Load(ComponentReader reader)
    {
        var state = reader.ReadState(TransformsJsonContext.Default.ZeroShotState);
        long expected = (long)state.Labels.Count * state.Dimension * sizeof(float);
        if (state.Labels.Count < 2 || state.Dimension < 1 || !(state.Temperature > 0) || expected > Array.MaxLength)
        {
            throw Damaged(
                $"has {state.Labels.Count} labels, embeddings of {state.Dimension} values and the temperature {state.Temperature}");
        }

        float[] embeddings = new float[state.Labels.Count * state.Dimension];
        bool found = reader.TryReadStream(EmbeddingsStream, stream =>
        {
            if (stream.Length != expected) throw Damaged($"has {stream.Length} bytes of embeddings, expected {expected}");
            stream.ReadExactly(MemoryMarshal.AsBytes(embeddings.AsSpan()));
        });
        if (!found) throw Damaged("has no embeddings");
        return new TipsZeroShotTransformer(
            state.Embedding, new ZeroShotClassifier(state.Labels, embeddings, state.Temperature), state.Label);

        static InvalidDataException Damaged(string what) => new($"The saved pipeline's zero-shot classifier {what}.");
    }

    private protected override void Save(ComponentWriter writer)
    {
        var state = new ZeroShotState
        {
            Embedding = EmbeddingColumnName,
            Dimension = Classifier.EmbeddingDimension,
            Labels = Classifier.Labels,
            Temperature = Classifier.Temperature,
            Label = LabelColumnName,
        };
        writer.WriteState(state, TransformsJsonContext.Default.ZeroShotState);
        writer.WriteStream(EmbeddingsStream, stream => stream.Write(MemoryMarshal.AsBytes(Classifier.Embeddings)));
    }
}
