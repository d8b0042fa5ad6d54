using Tips.MLNet.Models;
using Tips.MLNet.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>The text encoder's part of an export: its checkpoint, its graph and its tokenizer.</summary>
internal sealed class TextPart : IDisposable
{
    private readonly NpzCheckpoint _checkpoint;
    private readonly string _tokenizerPath;
    private readonly TextTower _tower;
    private readonly float? _temperature;

    private TextPart(NpzCheckpoint checkpoint, string tokenizerPath, TextTower tower, float? temperature, byte[] tokenizerBytes, GraphBuilder graph)
        => (_checkpoint, _tokenizerPath, _tower, _temperature, TokenizerBytes, Graph) = (checkpoint, tokenizerPath, tower, temperature, tokenizerBytes, graph);

    public byte[] TokenizerBytes { get; }

    public GraphBuilder Graph { get; }

    /// <summary>The files it is made from.</summary>
    public string[] Sources => [_checkpoint.Path, _tokenizerPath];

    /// <param name="checkpointPath">The <c>.npz</c> of the text encoder.</param>
    /// <param name="tokenizerPath">The SentencePiece model.</param>
    /// <param name="width">Width of the image encoder, which the text encoder must have, too.</param>
    /// <param name="weights">Receives the weights.</param>
    /// <exception cref="CheckpointException">The checkpoint is not a text encoder that goes with the image encoder and the tokenizer.</exception>
    /// <exception cref="InvalidDataException">The tokenizer cannot be used.</exception>
    public static TextPart Open(string checkpointPath, string tokenizerPath, int width, WeightTable weights)
    {
        if (!File.Exists(tokenizerPath)) throw new FileNotFoundException($"There is no tokenizer '{tokenizerPath}'.", tokenizerPath);
        byte[] tokenizerBytes = File.ReadAllBytes(tokenizerPath);
        var tokenizer = TipsTokenizer.Load(tokenizerBytes, $"Tokenizer '{tokenizerPath}'");
        if (!tokenizer.ReservesPad)
            throw new InvalidDataException($"Tokenizer '{tokenizerPath}' uses the id {TipsTokenizer.PadId} for '{tokenizer.GetPiece(TipsTokenizer.PadId)}', expected a control piece for padding.");
        var checkpoint = NpzCheckpoint.Open(checkpointPath);
        try
        {
            if (!PyTorchTextLayout.Recognizes(checkpoint))
                throw new CheckpointException($"Checkpoint '{checkpoint.Path}' is not a TIPS text encoder in the PyTorch layout: it has no key 'token_embedding.weight'.");
            var tower = PyTorchTextLayout.Read(checkpoint);
            if (tower.Width != width) throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has width {tower.Width}, but the image encoder {width}: they are not of one model.");
            if (tokenizer.VocabularySize > tower.VocabularySize)
                throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has {tower.VocabularySize} token embeddings, but tokenizer '{tokenizerPath}' has {tokenizer.VocabularySize} pieces: they do not go together.");
            return new TextPart(checkpoint, Path.GetFullPath(tokenizerPath), tower, Temperature(checkpoint, tower), tokenizerBytes, TextGraph.Build(tower, weights));
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

    private static float? Temperature(NpzCheckpoint checkpoint, TextTower tower)
    {
        if (tower.Temperature?.Read()[0] is not { } temperature) return null;
        return temperature > 0 ? temperature : throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has the temperature {temperature}, expected a positive number.");
    }
}
