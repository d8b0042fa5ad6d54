using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Trainers;

[assembly: LoadableComponent<KNearestNeighborsTransformer>(KNearestNeighborsTransformer.LoaderName, "k-nearest neighbors")]

namespace Tips.MLNet.Trainers;

/// <summary>
/// A trained k-nearest-neighbors classifier. Adds <c>PredictedLabel</c> (a key with the values of the training labels) and <c>Score</c>
/// (the probability of each class), as the classifiers of ML.NET do.
/// </summary>
/// <remarks>
/// The rows of the input are read ahead on one pool thread at a time: one row first, then twice as many each time, up to
/// 256. A cursor that is disposed while its source is blocked releases the source as soon as that call returns.
/// </remarks>
public sealed class KNearestNeighborsTransformer
    : PredictionTransformer<KNearestNeighborsModelParameters>, ILoadableComponent<KNearestNeighborsTransformer>
{
    internal const string LoaderName = "TipsKNearestNeighbors";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSKNNC");

    internal KNearestNeighborsTransformer(string featureColumnName, KNearestNeighborsModelParameters model)
        : base(model, featureColumnName, new VectorDataViewType(NumberDataViewType.Single, model.FeatureDimension))
        => Mapping = new NeighborMapping(featureColumnName, model);

    internal override IBatchMapping Mapping { get; }

    static ComponentSignature ILoadableComponent<KNearestNeighborsTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    static KNearestNeighborsTransformer ILoadableComponent<KNearestNeighborsTransformer>.Load(ComponentReader reader)
    {
        var (featureColumnName, model) = KNearestNeighborsFormat.Read(reader);
        return new KNearestNeighborsTransformer(featureColumnName, model);
    }

    private protected override void Save(ComponentWriter writer) => KNearestNeighborsFormat.Write(writer, FeatureColumnName, Model);
}
