using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds the patches of pictures with a TIPS model: a column of pictures becomes a vector of <see cref="float"/> of rows × columns × D,
/// not normalized. Its type has these three dimensions, and its annotation <c>Grid</c> the rows and columns.
/// </summary>
public sealed class TipsPatchFeaturesEstimator : TipsPictureEstimator<TipsPatchFeaturesTransformer>
{
    private readonly Func<TipsPatchFeaturesTransformer> _create;

    internal TipsPatchFeaturesEstimator(
        string outputColumnName, string inputColumnName, TipsModel model, TipsPatchFeaturesOptions options, PipelineHost host)
        : base(
            outputColumnName,
            inputColumnName,
            options,
            NumberDataViewType.Single,
            [MLNetInternals.Column(AnnotationNames.Grid, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Int32)])
    {
        // Made right away, too: what the model lacks should show here.
        _create = () => new(outputColumnName, inputColumnName, new ModelUse(model, Shared: null), options, host);
        _create().Dispose();
    }

    private protected override TipsPatchFeaturesTransformer CreateTransformer() => _create();
}
