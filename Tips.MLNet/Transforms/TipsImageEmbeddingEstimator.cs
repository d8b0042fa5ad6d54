using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds pictures with a TIPS model: an image column becomes a vector of <see cref="float"/> of length D (2·D for
/// <see cref="ClassToken.Both"/>).
/// </summary>
/// <remarks>
/// The input is an image column of any size and pixel format; resizing and scaling are done here, so put no <c>ResizeImages</c> or
/// <c>ExtractPixels</c> before it.
/// </remarks>
public sealed class TipsImageEmbeddingEstimator : TipsEmbeddingEstimator<TipsImageEmbeddingTransformer>
{
    private readonly string _output, _input;
    private readonly TipsModel _model;
    private readonly TipsImageEmbeddingOptions _options;
    private readonly PipelineHost _host;

    internal TipsImageEmbeddingEstimator(
        string outputColumnName, string inputColumnName, TipsModel model, TipsImageEmbeddingOptions options, PipelineHost host)
        : base(outputColumnName, options.Normalize)
    {
        options.Validate();
        ImageEmbeddingMapping.CheckBatchSize(model.Images, options); // throws right away if there is no image encoder, too
        (_output, _input, _model, _options, _host) = (outputColumnName, inputColumnName, model, options, host);
    }

    private protected override TipsImageEmbeddingTransformer CreateTransformer(DataViewSchema input)
    {
        if (_options.RowNameColumn is { } name) SchemaChecks.Find(input, "row name", name);
        return new TipsImageEmbeddingTransformer(_output, _input, new ModelUse(_model, Shared: null), _options, _host);
    }

    private protected override void CheckInput(Dictionary<string, SchemaShape.Column> columns)
    {
        SchemaChecks.CheckScalar<ImageDataViewType>(columns, "image", _input, "an image");
        if (_options.RowNameColumn is { } name) SchemaChecks.CheckScalar<TextDataViewType>(columns, "row name", name, "text");
    }
}
