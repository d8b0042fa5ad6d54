using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Microsoft.ML.Transforms.Onnx;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>The same work with ML.NET's own transforms: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel.</summary>
internal sealed class OnnxTransformPipeline : IEmbeddingMethod
{
    private readonly MLContext _mlContext = new();
    private readonly string _output;
    private readonly TransformerChain<OnnxTransformer> _pipeline;

    public OnnxTransformPipeline(TipsModel model)
    {
        var graph = model.Manifest.Vision!.Embedding;
        _output = graph.ClassTokens;
        _pipeline = _mlContext.Transforms.LoadImages("Image", "", "Path")
            .Append(_mlContext.Transforms.ResizeImages(
                "Resized", model.ImageWidth, model.ImageHeight, "Image", ImageResizingEstimator.ResizingKind.Fill))
            .Append(_mlContext.Transforms.ExtractPixels(graph.Input, "Resized", scaleImage: 1f / 255))
            .Append(_mlContext.Transforms.ApplyOnnxModel(graph.ClassTokens, graph.Input, Path.Combine(model.Folder!, graph.File)))
            .Fit(Rows([]));
    }

    public string Name => "LoadImages + ResizeImages + ExtractPixels + ApplyOnnxModel";

    public void Embed(string[] files)
    {
        foreach (var _ in _pipeline.Transform(Rows(files)).GetColumn<VBuffer<float>>(_output))
        {
            // Reading the column runs the pipeline.
        }
    }

    private IDataView Rows(string[] files) => _mlContext.Data.LoadFromEnumerable(files.Select(f => new PathRow { Path = f }));
}
