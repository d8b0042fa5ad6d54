using Tips.MLNet.Models;
using Tips.MLNet.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>The text encoder's part of an export, with its tokenizer.</summary>
internal sealed class TextPart : ExportPart
{
    private const string GraphFile = "text_embedding.onnx", TokenizerFile = "tokenizer.model";

    /// <summary>The released one has under a megabyte.</summary>
    private const int LongestTokenizer = 64 << 20;

    private readonly TextTower _tower;
    private readonly float? _temperature;
    private readonly string _tokenizerPath;
    private readonly byte[] _tokenizerBytes;
    private readonly GraphBuilder _graph;

    private TextPart(
        ICheckpoint checkpoint, TextTower tower, float? temperature, (string Path, byte[] Bytes) tokenizer, WeightPrecision precision)
        : base(checkpoint, precision)
    {
        (_tower, _temperature) = (tower, temperature);
        (_tokenizerPath, _tokenizerBytes) = tokenizer;
        _graph = TextGraph.Build(tower, Weights, precision);
    }

    public override int Width => _tower.Width;

    public override string Variant => (_tower.Width, _tower.Blocks.Count) switch
    {
        (384, 12) => "S/14",
        (768, 12) => "B/14",
        (1024, 12) => "L/14",
        (1152, 27) => "So400m/14",
        (1536, 12) => "g/14",
        _ => $"D{_tower.Width}x{_tower.Blocks.Count}",
    };

    public override IEnumerable<string> Sources => [Checkpoint.Path, _tokenizerPath];

    protected override string Name => "text";

    /// <param name="request">Names the checkpoint and its SentencePiece model.</param>
    /// <param name="config">The configuration beside a checkpoint of Hugging Face.</param>
    /// <param name="visionWidth">Width of the image encoder, which the text encoder must have, too; null if there is none.</param>
    /// <returns>Null if the request names no text encoder.</returns>
    /// <exception cref="CheckpointException">
    /// The checkpoint is not a text encoder, or does not belong to the image encoder, the tokenizer or the configuration.
    /// </exception>
    /// <exception cref="InvalidDataException">The tokenizer cannot be used.</exception>
    public static TextPart? Open(ExportRequest request, HuggingFaceConfig? config, int? visionWidth)
    {
        if (request.Text is not var (checkpointPath, tokenizerPath)) return null;
        var (tokenizer, tokenizerBytes) = ReadTokenizer(tokenizerPath);
        var checkpoint = CheckpointFile.Open(checkpointPath);
        try
        {
            var tower = TowerLayouts.ReadText(checkpoint, config?.TextHeads);
            if (config is not null) HuggingFaceChecks.Check(config, request.Config!, tower);
            if (visionWidth is { } width && tower.Width != width)
            {
                throw new CheckpointException(
                    $"Checkpoint '{checkpoint.Path}' has width {tower.Width}, but the image encoder has {width}: they are not of one "
                    + "model.");
            }

            if (tokenizer.VocabularySize > tower.VocabularySize)
            {
                throw new CheckpointException(
                    $"Checkpoint '{checkpoint.Path}' has {tower.VocabularySize} token embeddings, but tokenizer '{tokenizerPath}' has "
                    + $"{tokenizer.VocabularySize} pieces: they do not belong together.");
            }

            float? temperature = Temperature(checkpoint, tower, request.Config, config);
            return new TextPart(checkpoint, tower, temperature, (Path.GetFullPath(tokenizerPath), tokenizerBytes), request.Precision);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public TextManifest Describe() => new()
    {
        Layers = _tower.Blocks.Count,
        Heads = _tower.Heads,
        FeedForwardDimension = _tower.HiddenWidth,
        VocabularySize = _tower.VocabularySize,
        MaximumLength = TextGraph.MaximumLength,
        Temperature = _temperature,
        Tokenizer = TokenizerFile,
        Graph = new TextGraphManifest(GraphFile, TextGraph.Input, TextGraph.Output),
        Weights = WeightsFile,
        Files = Files,
    };

    protected override IEnumerable<(string Name, Action<Stream> Write)> OtherFiles()
    {
        yield return (GraphFile, Graph(_graph));
        yield return (TokenizerFile, stream => stream.Write(_tokenizerBytes));
    }

    private static (TipsTokenizer Tokenizer, byte[] Bytes) ReadTokenizer(string path)
    {
        byte[] bytes = BoundedFile.Read(path, LongestTokenizer, "Tokenizer");
        var tokenizer = TipsTokenizer.Load(bytes, $"Tokenizer '{path}'");
        if (!tokenizer.ReservesPad)
        {
            throw new InvalidDataException(
                $"Tokenizer '{path}' uses the id {TipsTokenizer.PadId} for '{tokenizer.GetPiece(TipsTokenizer.PadId)}', expected a "
                + "control piece for "
                + "padding.");
        }

        return (tokenizer, bytes);
    }

    // Both the checkpoint and the configuration beside it may have a temperature; then they must agree.
    private static float? Temperature(ICheckpoint checkpoint, TextTower tower, string? configPath, HuggingFaceConfig? config)
    {
        if (tower.Temperature?.Read()[0] is not { } temperature) return (float?)config?.Temperature;
        if (config?.Temperature is { } configured && Math.Abs(configured - temperature) > 1e-5 * temperature)
        {
            throw new CheckpointException(
                $"Configuration '{configPath}' has the temperature {configured}, but the checkpoint beside it has {temperature}.");
        }

        return temperature > 0
            ? temperature
            : throw new CheckpointException(
                $"Checkpoint '{checkpoint.Path}' has the temperature {temperature}, expected a positive number.");
    }
}
