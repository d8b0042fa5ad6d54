using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>A trained predictor with one feature column, as ML.NET's tools for explaining models want it.</summary>
/// <typeparam name="TModel">What was learned.</typeparam>
public abstract class PredictionTransformer<TModel>
    : MappingTransformer, ISingleFeaturePredictionTransformer<TModel>, ISingleFeaturePredictionTransformer
    where TModel : class
{
    private protected PredictionTransformer(TModel model, string featureColumnName, DataViewType featureColumnType)
        => (Model, FeatureColumnName, FeatureColumnType) = (model, featureColumnName, featureColumnType);

    /// <summary>What was learned.</summary>
    public TModel Model { get; }

    /// <summary>Name of the feature column.</summary>
    public string FeatureColumnName { get; }

    /// <summary>Type of the feature column.</summary>
    public DataViewType FeatureColumnType { get; }
}
