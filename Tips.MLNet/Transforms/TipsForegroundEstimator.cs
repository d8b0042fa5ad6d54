using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Finds the foreground of pictures: a column of pictures becomes a vector of <see cref="float"/> from 0 to 1, the smoothed probability
/// of each patch, row by row. All pictures have the same number of rows, which the annotation <c>Grid</c> says; the number of columns
/// depends on the picture's ratio, so the vector's size is not fixed. It learns nothing.
/// </summary>
public sealed class TipsForegroundEstimator : TipsPictureEstimator<TipsForegroundTransformer>
{
    private readonly Func<TipsForegroundTransformer> _create;

    internal TipsForegroundEstimator(
        string outputColumnName,
        string inputColumnName,
        TipsModel model,
        ForegroundClassifier classifier,
        TipsForegroundOptions options,
        PipelineHost host)
        : base(outputColumnName, inputColumnName, options, NumberDataViewType.Single, [Grid], SchemaShape.Column.VectorKind.VariableVector)
    {
        // Made right away, too: that the classifier belongs to another model should show here.
        _create = () => new(outputColumnName, inputColumnName, new ModelUse(model, Shared: null), classifier, options, host);
        _create().Dispose();
    }

    private static SchemaShape.Column Grid { get; }
        = MLNetInternals.Column(AnnotationNames.Grid, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Int32);

    private protected override TipsForegroundTransformer CreateTransformer() => _create();
}
