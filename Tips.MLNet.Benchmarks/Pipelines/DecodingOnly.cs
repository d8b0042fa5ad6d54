using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>A pipeline on a column of paths with an encoder that does nothing: what is left is decoding and resizing.</summary>
internal sealed class DecodingOnly(TipsModel model, int threads) : IEmbeddingMethod
{
    private readonly MLContext _mlContext = new();

    public string Name => $"decode and resize alone, {threads} thread(s)";

    public void Embed(string[] files)
    {
        var rows = _mlContext.Data.LoadFromEnumerable(files.Select(f => new PathRow { Path = f }));
        var preprocessor = new ImagePreprocessor(model.ImageHeight, model.ImageWidth);
        var mapping = new PictureMapping(
            new EmbeddingColumns("Path", "Embedding", [1], Normalize: false, CacheBytes: 0, "Benchmark", "pictures"),
            new TipsImageEmbeddingOptions(),
            DecodingPlan.For(model.Images.DefaultBatchSize, preprocessor.ValueCount, threads, takesTurns: true),
            (capacity, _) => new StubBatch(preprocessor, capacity),
            PipelineHost.Of(_mlContext.Transforms));
        var view = new MappedDataView(rows, mapping);
        foreach (var _ in view.GetColumn<VBuffer<float>>("Embedding"))
        {
            // Reading the column runs the pipeline.
        }
    }

    private sealed class StubBatch(ImagePreprocessor preprocessor, int capacity) : PictureBatch(preprocessor, capacity)
    {
        public override int EmbeddingLength => 1;

        public override void CopyEmbedding(int slot, Span<float> destination) => destination[0] = slot;

        protected override void Run(ReadOnlyMemory<float> pixelValues, int count, CancellationToken cancellationToken)
        {
        }
    }
}
