using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Predicts depth, normals or classes of every pixel with a head of a TIPS model. Depth and normals are vectors of <see cref="float"/> of
/// height × width (× 3), classes a vector of <see cref="byte"/>. The column's type has these dimensions, its annotation <c>Grid</c> the
/// height and width, and its annotation <c>Classes</c> the names of the classes.
/// </summary>
public sealed class TipsDensePredictionEstimator : TipsPictureEstimator<TipsDensePredictionTransformer>
{
    private readonly Func<TipsDensePredictionTransformer> _create;

    internal TipsDensePredictionEstimator(
        string outputColumnName,
        string inputColumnName,
        TipsModel model,
        DenseTask task,
        TipsDensePredictionOptions options,
        PipelineHost host)
        : base(
            outputColumnName,
            inputColumnName,
            options,
            task == DenseTask.Segmentation ? NumberDataViewType.Byte : NumberDataViewType.Single,
            task == DenseTask.Segmentation ? [Grid, Classes] : [Grid])
    {
        // Made right away, too: what the model lacks should show here.
        _create = () => new(outputColumnName, inputColumnName, new ModelUse(model, Shared: null), task, options, host);
        _create().Dispose();
    }

    private static SchemaShape.Column Grid { get; }
        = MLNetInternals.Column(AnnotationNames.Grid, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Int32);

    private static SchemaShape.Column Classes { get; }
        = MLNetInternals.Column(AnnotationNames.Classes, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance);

    private protected override TipsDensePredictionTransformer CreateTransformer() => _create();
}
