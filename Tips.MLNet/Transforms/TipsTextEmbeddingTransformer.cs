using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

[assembly: LoadableComponent<TipsTextEmbeddingTransformer>(TipsTextEmbeddingTransformer.LoaderName, "TIPS text embedding")]

namespace Tips.MLNet.Transforms;

/// <summary>Embeds texts with a TIPS model. Made by <see cref="TipsTextEmbeddingEstimator"/> or by loading a saved pipeline.</summary>
/// <remarks>The rows of a batch are sorted by length, run with as little padding as possible, and returned in the original order.</remarks>
public sealed class TipsTextEmbeddingTransformer : TipsEmbeddingTransformer, ILoadableComponent<TipsTextEmbeddingTransformer>
{
    internal const string LoaderName = "TipsTextEmbedding";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSTXTE");

    private readonly TextEmbeddingMapping _mapping;

    internal TipsTextEmbeddingTransformer(
        string outputColumnName, string inputColumnName, ModelUse use, TipsTextEmbeddingOptions options, PipelineHost host)
        : base(use)
    {
        Options = options;
        _mapping = new TextEmbeddingMapping(outputColumnName, inputColumnName, use.Model, options, host);
    }

    /// <summary>How texts are embedded.</summary>
    public TipsTextEmbeddingOptions Options { get; }

    internal override IBatchMapping Mapping => _mapping;

    static ComponentSignature ILoadableComponent<TipsTextEmbeddingTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    private protected override EmbeddingMapping EmbeddingMapping => _mapping;

    static TipsTextEmbeddingTransformer ILoadableComponent<TipsTextEmbeddingTransformer>.Load(ComponentReader reader)
    {
        var state = reader.ReadState(TransformsJsonContext.Default.EmbeddingStateTipsTextEmbeddingOptions);
        SavedOptions.CheckColumns(state);
        var options = state.Options;
        SavedOptions.Validate(options.Validate, "text embedding");
        options.UseStore(TipsLoadOptions.Current.Store);
        var use = ModelUse.Of(SavedModel.Read(reader, state.Model));
        SavedOptions.CheckPart(use.Model.HasText, "text");
        return new TipsTextEmbeddingTransformer(state.Output, state.Input, use, options, reader.Host);
    }

    private protected override void Save(ComponentWriter writer)
    {
        var part = Model.Files.Manifest.Text!;
        var storage = DecideStorage(Options.Storage, part);
        writer.WriteState(StateWith(Options, storage), TransformsJsonContext.Default.EmbeddingStateTipsTextEmbeddingOptions);
        if (storage == ModelStorage.Embedded) SavedModel.Write(writer, Model, part);
    }
}
