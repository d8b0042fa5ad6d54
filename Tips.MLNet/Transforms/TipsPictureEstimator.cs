using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Pipelines;

namespace Tips.MLNet.Transforms;

/// <summary>Estimator that runs a column of pictures through a TIPS model. It learns nothing.</summary>
/// <remarks>
/// <para>The input is a text column with the paths of files, a column of byte vectors with the contents of files, or an image column of any
/// size and pixel format. Resizing and scaling are done here, so put no <c>ResizeImages</c> or <c>ExtractPixels</c> before it.</para>
/// <para>Files are decoded here, on all cores, and refused if they are not complete. An image column is decoded by whoever makes it:
/// <c>LoadImages</c> does it one by one, and fills in what a file that is cut off lacks.</para>
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
        SchemaShape.Column[] annotations,
        SchemaShape.Column.VectorKind kind = SchemaShape.Column.VectorKind.Vector)
        : base(outputColumnName, itemType, annotations, kind)
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
        var picture = SchemaChecks.Find(columns, "picture", _input);
        bool isScalar = picture.Kind == SchemaShape.Column.VectorKind.Scalar;
        bool fits = isScalar ? picture.ItemType is ImageDataViewType or TextDataViewType : picture.ItemType == NumberDataViewType.Byte;
        if (!fits)
        {
            string found = isScalar ? $"{picture.ItemType}" : $"{picture.Kind} of {picture.ItemType}";
            throw SchemaChecks.WrongType("inputSchema", "picture", _input, PictureMapping.ExpectedInput, found);
        }

        if (_rowName is not null) SchemaChecks.CheckScalar<TextDataViewType>(columns, "row name", _rowName, "text");
    }
}
