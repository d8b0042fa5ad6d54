using System.Text.Json;
using Tips.MLNet.Models;
using Tips.MLNet.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>The text encoder's part of an export, with its tokenizer.</summary>
internal sealed class TextPart : EncoderPart
{
    private const string GraphFile = "text_embedding.onnx";

    /// <summary>The released ones have a few megabytes at most.</summary>
    private const int LongestTokenizer = 64 << 20;

    private readonly TextTower _tower;
    private readonly float? _temperature;
    private readonly TokenizerFile? _tokenizer;
    private readonly GraphBuilder _graph;

    private TextPart(
        ICheckpoint checkpoint, TextTower tower, float? temperature, TokenizerFile? tokenizer, WeightPrecision precision)
        : base(checkpoint, precision)
    {
        (_tower, _temperature, _tokenizer) = (tower, temperature, tokenizer);
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

    public override IEnumerable<string> Sources => _tokenizer is null ? Checkpoint.Files : [.. Checkpoint.Files, _tokenizer.Path];

    protected override string Name => "text";

    protected override string Title => "text encoder";

    /// <param name="request">Names the checkpoint and its tokenizer.</param>
    /// <param name="visionWidth">Width of the image encoder, which the text encoder must have, too; null if there is none.</param>
    /// <returns>Null if the request names no text encoder.</returns>
    /// <exception cref="CheckpointException">
    /// The checkpoint is not a text encoder, or does not belong to the image encoder, the tokenizer or the configuration.
    /// </exception>
    /// <exception cref="InvalidDataException">The tokenizer cannot be used.</exception>
    public static TextPart? Open(ExportRequest request, int? visionWidth)
    {
        if (request.Text is not { } source) return null;
        var tokenizer = source.Tokenizer is { } file ? ReadTokenizer(file) : null;
        var checkpoint = CheckpointFile.Open(source.Checkpoint);
        try
        {
            var config = request.Repository?.Config;
            var tower = TowerLayouts.ReadText(checkpoint, config?.Text.Heads?.Value);
            if (config is not null) HuggingFaceChecks.Check(config, tower);
            request.Expected?.Check(checkpoint, tower);
            if (visionWidth is { } width && tower.Width != width)
            {
                throw new CheckpointException(
                    $"Checkpoint '{checkpoint.Path}' has width {tower.Width}, but the image encoder has {width}: they are not of one "
                    + "model.");
            }

            if (tokenizer?.VocabularySize > tower.VocabularySize)
            {
                throw new CheckpointException(
                    $"Checkpoint '{checkpoint.Path}' has {tower.VocabularySize} token embeddings, but tokenizer '{source.Tokenizer}' has "
                    + $"{tokenizer.VocabularySize} pieces: they do not belong together.");
            }

            return new TextPart(checkpoint, tower, Temperature(checkpoint, tower) ?? config?.Temperature, tokenizer, request.Precision);
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
        Tokenizer = _tokenizer?.Name,
        TokenizerRule = _tokenizer?.Rule.ToString(),
        Graph = new TextGraphManifest(GraphFile, TextGraph.Input, TextGraph.Output),
        Weights = WeightsFile,
        Files = Files,
    };

    protected override IEnumerable<(string Name, Action<Stream> Write)> OtherFiles()
    {
        yield return (GraphFile, Graph(_graph));
        if (_tokenizer is not null) yield return (_tokenizer.Name, stream => stream.Write(_tokenizer.Bytes));
    }

    private static TokenizerFile ReadTokenizer(string path)
    {
        byte[] bytes = BoundedFile.Read(path, LongestTokenizer, "Tokenizer");
        var tokenizer = TipsTokenizer.Load(bytes, $"Tokenizer '{path}'");
        if (!tokenizer.ReservesPad)
        {
            throw new InvalidDataException(
                $"Tokenizer '{path}' uses the id {TipsTokenizer.PadId} for '{tokenizer.GetPiece(TipsTokenizer.PadId)}', expected a "
                + "control piece for padding.");
        }

        if (tokenizer.Rule == TokenizerRule.HuggingFace) CheckLowerCase(path, tokenizer.LowerCase);
        return new TokenizerFile(Path.GetFullPath(path), bytes, tokenizer.Rule, tokenizer.VocabularySize);
    }

    // Transformers itself follows this file.
    private static void CheckLowerCase(string tokenizer, bool lowerCase)
    {
        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(tokenizer))!, "tokenizer_config.json");
        if (!File.Exists(path)) return;
        var config = JsonFile.Parse(BoundedFile.Read(path, LongestTokenizer, "File"), $"File '{path}'");
        if (config.ValueKind != JsonValueKind.Object || !config.TryGetProperty("do_lower_case", out var value)) return;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False && value.GetBoolean() != lowerCase)
        {
            throw new CheckpointException(
                $"File '{path}' has do_lower_case {value.GetRawText()}, but the normalizer of '{Path.GetFileName(tokenizer)}' beside it "
                + $"{(lowerCase ? "lowercases" : "does not lowercase")}.");
        }
    }

    // The checkpoint's counts for more than the configuration's: that is where it was trained.
    private static float? Temperature(ICheckpoint checkpoint, TextTower tower)
    {
        if (tower.Temperature?.Read()[0] is not { } temperature) return null;
        return temperature > 0
            ? temperature
            : throw new CheckpointException(
                $"Checkpoint '{checkpoint.Path}' has the temperature {temperature}, expected a positive number.");
    }

    private sealed record TokenizerFile(string Path, byte[] Bytes, TokenizerRule Rule, int VocabularySize)
    {
        /// <summary>Its name in a model folder.</summary>
        public string Name => Rule == TokenizerRule.HuggingFace ? "tokenizer.json" : "tokenizer.model";
    }
}
