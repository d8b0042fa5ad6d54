using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Images;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>ONNX Runtime alone, on tensors made in advance. No pipeline can be faster.</summary>
internal sealed class BareSession : IEmbeddingMethod, IDisposable
{
    private readonly TipsModel _model;
    private readonly InferenceSession _session;
    private readonly int _batchSize;
    private readonly float[] _classTokens;
    private float[] _pixels = [];

    public BareSession(TipsModel model)
    {
        _model = model;
        _session = new InferenceSession(Path.Combine(model.Folder!, model.Manifest.Vision!.Embedding.File));
        _batchSize = model.Images.DefaultBatchSize;
        _classTokens = new float[_batchSize * 2 * model.EmbeddingDimension];
    }

    public string Name => $"bare InferenceSession, batches of {_batchSize}";

    /// <summary>Makes the tensors, outside of the measurement.</summary>
    public void Prepare(string[] files)
    {
        int length = _model.PixelValuesPerImage;
        _pixels = new float[files.Length * length];
        var preprocessor = new ImagePreprocessor(_model.ImageHeight, _model.ImageWidth);
        for (int i = 0; i < files.Length; i++)
        {
            using var image = MLImage.CreateFromFile(files[i]);
            preprocessor.Preprocess(image, _pixels.AsSpan(i * length, length));
        }
    }

    public void Embed(string[] files)
    {
        if (_pixels.Length < files.Length * _model.PixelValuesPerImage) Prepare(files);
        var graph = _model.Manifest.Vision!.Embedding;
        using var options = new RunOptions();
        for (int start = 0; start < files.Length; start += _batchSize)
        {
            int count = Math.Min(_batchSize, files.Length - start);
            var pixels = _pixels.AsMemory(start * _model.PixelValuesPerImage, count * _model.PixelValuesPerImage);
            var classTokens = _classTokens.AsMemory(0, count * 2 * _model.EmbeddingDimension);
            using var input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, pixels, [count, 3, _model.ImageHeight, _model.ImageWidth]);
            using var output = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, classTokens, [count, 2, _model.EmbeddingDimension]);
            _session.Run(options, [graph.Input], [input], [graph.ClassTokens], [output]);
        }
    }

    public void Dispose() => _session.Dispose();
}
