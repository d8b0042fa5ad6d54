using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Pipelines;

namespace Tips.MLNet.Transforms;

/// <summary>Estimator that runs an image column through a TIPS model. It learns nothing.</summary>
/// <remarks>
/// The input is an image column of any size and pixel format; resizing and scaling are done here, so put no <c>ResizeImages</c> or
/// <c>ExtractPixels</c> before it.
/// </remarks>
/// <typeparam name="TTransformer">The transformer.</typeparam>
public abstract class TipsPictureEstimator<TTransformer> : TipsEmbeddingEstimator<TTransformer>
    where TTransformer : TipsEmbeddingTransformer
{
    private readonly string _input;
    private readonly string? _rowName;

    private protected TipsPictureEstimator(
        string outputColumnName,
        string inputColumnName,
        TipsPictureOptions options,
        PrimitiveDataViewType itemType,
        SchemaShape.Column[] annotations)
        : base(outputColumnName, itemType, annotations)
    {
        options.Validate();
        (_input, _rowName) = (inputColumnName, options.RowNameColumn);
    }

    private protected abstract TTransformer CreateTransformer();

    private protected sealed override TTransformer CreateTransformer(DataViewSchema input)
    {
        if (_rowName is not null) SchemaChecks.Find(input, "row name", _rowName);
        return CreateTransformer();
    }

    private protected sealed override void CheckInput(Dictionary<string, SchemaShape.Column> columns)
    {
        SchemaChecks.CheckScalar<ImageDataViewType>(columns, "image", _input, "an image");
        if (_rowName is not null) SchemaChecks.CheckScalar<TextDataViewType>(columns, "row name", _rowName, "text");
    }
}
