using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds pictures with a TIPS model: a column of pictures becomes a vector of <see cref="float"/> of length D (2·D for
/// <see cref="ClassToken.Both"/>).
/// </summary>
public sealed class TipsImageEmbeddingEstimator : TipsPictureEstimator<TipsImageEmbeddingTransformer>
{
    private readonly Func<TipsImageEmbeddingTransformer> _create;

    internal TipsImageEmbeddingEstimator(
        string outputColumnName, string inputColumnName, TipsModel model, TipsImageEmbeddingOptions options, PipelineHost host)
        : base(outputColumnName, inputColumnName, options, NumberDataViewType.Single, IsNormalized(options.Normalize))
    {
        // Made right away, too: what the model lacks should show here.
        _create = () => new(outputColumnName, inputColumnName, new ModelUse(model, Shared: null), options, host);
        _create().Dispose();
    }

    private protected override TipsImageEmbeddingTransformer CreateTransformer() => _create();
}
