using Tips.MLNet.Models;
using Tips.MLNet.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>The text encoder's part of an export: its checkpoint, its graph and its tokenizer.</summary>
internal sealed class TextPart : IDisposable
{
    /// <summary>The released one has under a megabyte.</summary>
    private const int LongestTokenizer = 64 << 20;

    private readonly ICheckpoint _checkpoint;
    private readonly string _tokenizerPath;
    private readonly TextTower _tower;
    private readonly float? _temperature;

    private TextPart(ICheckpoint checkpoint, string tokenizerPath, TextTower tower, float? temperature, byte[] tokenizerBytes, GraphBuilder graph)
        => (_checkpoint, _tokenizerPath, _tower, _temperature, TokenizerBytes, Graph) = (checkpoint, tokenizerPath, tower, temperature, tokenizerBytes, graph);

    public byte[] TokenizerBytes { get; }

    public GraphBuilder Graph { get; }

    /// <summary>The files it is made from.</summary>
    public string[] Sources => [_checkpoint.Path, _tokenizerPath];

    /// <param name="request">Names the checkpoint of the text encoder and its SentencePiece model.</param>
    /// <param name="config">What stands beside a checkpoint of Hugging Face.</param>
    /// <param name="width">Width of the image encoder, which the text encoder must have, too.</param>
    /// <param name="weights">Receives the weights.</param>
    /// <returns>Null if the request names no text encoder.</returns>
    /// <exception cref="CheckpointException">The checkpoint is not a text encoder that goes with the image encoder and the tokenizer.</exception>
    /// <exception cref="InvalidDataException">The tokenizer cannot be used.</exception>
    public static TextPart? Open(ExportRequest request, HuggingFaceConfig? config, int width, WeightTable weights)
    {
        if (request.Text is not var (checkpointPath, tokenizerPath)) return null;
        byte[] tokenizerBytes = BoundedFile.Read(tokenizerPath, LongestTokenizer, "Tokenizer");
        var tokenizer = TipsTokenizer.Load(tokenizerBytes, $"Tokenizer '{tokenizerPath}'");
        if (!tokenizer.ReservesPad)
            throw new InvalidDataException($"Tokenizer '{tokenizerPath}' uses the id {TipsTokenizer.PadId} for '{tokenizer.GetPiece(TipsTokenizer.PadId)}', expected a control piece for padding.");
        var checkpoint = CheckpointFile.Open(checkpointPath);
        try
        {
            var tower = TowerLayouts.ReadText(checkpoint, config?.TextHeads);
            if (config is not null) HuggingFaceChecks.Check(config, request.Config!, tower);
            if (tower.Width != width) throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has width {tower.Width}, but the image encoder {width}: they are not of one model.");
            if (tokenizer.VocabularySize > tower.VocabularySize)
                throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has {tower.VocabularySize} token embeddings, but tokenizer '{tokenizerPath}' has {tokenizer.VocabularySize} pieces: they do not go together.");
            return new TextPart(checkpoint, Path.GetFullPath(tokenizerPath), tower, Temperature(checkpoint, tower, request.Config, config), tokenizerBytes, TextGraph.Build(tower, weights, request.Precision));
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public TextManifest Describe(string graphFile, string tokenizerFile) => new()
    {
        Layers = _tower.Blocks.Count,
        Heads = _tower.Heads,
        FeedForwardDimension = _tower.HiddenWidth,
        VocabularySize = _tower.VocabularySize,
        MaximumLength = TextGraph.MaximumLength,
        Temperature = _temperature,
        Tokenizer = tokenizerFile,
        Graph = new TextGraphManifest(graphFile, TextGraph.Input, TextGraph.Output),
    };

    public void Dispose() => _checkpoint.Dispose();

    // A checkpoint and the configuration beside it may both tell; then they tell the same.
    private static float? Temperature(ICheckpoint checkpoint, TextTower tower, string? configPath, HuggingFaceConfig? config)
    {
        if (tower.Temperature?.Read()[0] is not { } temperature) return (float?)config?.Temperature;
        if (config?.Temperature is { } said && Math.Abs(said - temperature) > 1e-5 * temperature)
            throw new CheckpointException($"Configuration '{configPath}' has the temperature {said}, but the checkpoint beside it {temperature}.");
        return temperature > 0 ? temperature : throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has the temperature {temperature}, expected a positive number.");
    }
}
