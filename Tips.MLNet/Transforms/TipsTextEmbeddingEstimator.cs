using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds texts with the text encoder of a TIPS model: a text column becomes a vector of <see cref="float"/> of length D, in the same space
/// as the embeddings of pictures.
/// </summary>
/// <remarks>What comes after the first 64 tokens of a text is cut off; an empty text gives zeros.</remarks>
public sealed class TipsTextEmbeddingEstimator : TipsEmbeddingEstimator<TipsTextEmbeddingTransformer>
{
    private readonly string _output, _input;
    private readonly TipsModel _model;
    private readonly TipsTextEmbeddingOptions _options;
    private readonly PipelineHost _host;

    internal TipsTextEmbeddingEstimator(
        string outputColumnName, string inputColumnName, TipsModel model, TipsTextEmbeddingOptions options, PipelineHost host)
        : base(outputColumnName, NumberDataViewType.Single, IsNormalized(options.Normalize))
    {
        options.Validate();
        model.Texts.LoadTokenizer(); // throws right away if there is no text encoder or no usable tokenizer
        (_output, _input, _model, _options, _host) = (outputColumnName, inputColumnName, model, options, host);
    }

    private protected override TipsTextEmbeddingTransformer CreateTransformer(DataViewSchema input)
        => new(_output, _input, new ModelUse(_model, Shared: null), _options, _host);

    private protected override void CheckInput(Dictionary<string, SchemaShape.Column> columns)
        => SchemaChecks.CheckScalar<TextDataViewType>(columns, "text", _input, "text");
}
