using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>LoadImages and TipsImageEmbedding.</summary>
internal sealed class TipsPipeline(TipsModel model) : IEmbeddingMethod
{
    private readonly MLContext _mlContext = new();

    public string Name => "LoadImages + TipsImageEmbedding of an image column";

    public void Embed(string[] files)
    {
        var rows = _mlContext.Data.LoadFromEnumerable(files.Select(f => new PathRow { Path = f }));
        var view = _mlContext.Transforms.LoadImages("Image", "", "Path")
            .Append(_mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model))
            .Fit(rows)
            .Transform(rows);
        foreach (var _ in view.GetColumn<VBuffer<float>>("Embedding"))
        {
            // Reading the column runs the pipeline.
        }
    }
}

internal sealed class PathRow
{
    public string Path { get; set; } = "";
}
