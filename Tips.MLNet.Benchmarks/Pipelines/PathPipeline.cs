using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>TipsImageEmbedding of a column of paths, which it decodes itself.</summary>
internal sealed class PathPipeline(TipsModel model) : IEmbeddingMethod
{
    private readonly MLContext _mlContext = new();

    public string Name => "TipsImageEmbedding of a column of paths";

    public void Embed(string[] files)
    {
        var rows = _mlContext.Data.LoadFromEnumerable(files.Select(f => new PathRow { Path = f }));
        var view = _mlContext.Transforms.TipsImageEmbedding("Embedding", "Path", model).Fit(rows).Transform(rows);
        foreach (var _ in view.GetColumn<VBuffer<float>>("Embedding"))
        {
            // Reading the column runs the pipeline.
        }
    }
}
