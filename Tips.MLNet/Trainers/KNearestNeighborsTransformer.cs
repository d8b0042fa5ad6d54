using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Trainers;

/// <summary>
/// A trained k-nearest-neighbours classifier. Adds <c>PredictedLabel</c> (a key with the training labels' values) and <c>Score</c> (the
/// probability of each class), as the classifiers of ML.NET do.
/// </summary>
/// <remarks>
/// <para>Thread safety: every member may be called from several threads at once; cursors belong to one thread each. The input's rows are read on a
/// thread of the pool, ahead of the consumer and never two at a time; a cursor that is disposed while its source blocks lets go of the source when that returns.</para>
/// </remarks>
public sealed class KNearestNeighborsTransformer : ISingleFeaturePredictionTransformer<KNearestNeighborsModelParameters>, ISingleFeaturePredictionTransformer
{
    private readonly NeighborMapping _mapping;

    internal KNearestNeighborsTransformer(string featureColumnName, KNearestNeighborsModelParameters model)
    {
        FeatureColumnName = featureColumnName;
        Model = model;
        FeatureColumnType = new VectorDataViewType(NumberDataViewType.Single, model.FeatureDimension);
        _mapping = new NeighborMapping(featureColumnName, model);
    }

    /// <summary>What was learned.</summary>
    public KNearestNeighborsModelParameters Model { get; }

    /// <summary>Name of the feature column.</summary>
    public string FeatureColumnName { get; }

    /// <summary>Type of the feature column.</summary>
    public DataViewType FeatureColumnType { get; }

    /// <summary>True: each row is classified by itself, so PredictionEngine works.</summary>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new BatchedRowMapper(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing, or is no vector of the length seen in training.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchedDataView.MakeSchema(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The feature column is missing, or is no vector of the length seen in training.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new BatchedDataView(input, _mapping);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => KNearestNeighborsFormat.Write(new ComponentWriter(ctx), FeatureColumnName, Model);

    internal static KNearestNeighborsTransformer Load(ComponentReader reader)
    {
        var (featureColumnName, model) = KNearestNeighborsFormat.Read(reader);
        return new KNearestNeighborsTransformer(featureColumnName, model);
    }
}
