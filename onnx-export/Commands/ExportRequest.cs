using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Commands;

/// <summary>What <see cref="ModelExporter"/> is asked to do.</summary>
internal sealed record ExportRequest(string VisionCheckpoint, string OutputFolder)
{
    private const string HuggingFaceCheckpoint = "model.safetensors", HuggingFaceTokenizer = "tokenizer.model";

    /// <summary>Input height and width in pixels; null takes what the configuration tells, or the checkpoint's own (see <see cref="ReleasedCheckpoints"/>).</summary>
    public (int Height, int Width)? ImageSize { get; init; }

    /// <summary>Text encoder's checkpoint and its SentencePiece model; null for a model of pictures only.</summary>
    public (string Checkpoint, string Tokenizer)? Text { get; init; }

    /// <summary>The configuration of a Hugging Face repository, which says what the tensors do not; null if there is none.</summary>
    public string? Config { get; init; }

    /// <summary>The numbers the model computes with.</summary>
    public WeightPrecision Precision { get; init; } = WeightPrecision.Float32;

    /// <summary>Name of the model; null takes the checkpoint's file name.</summary>
    public string? Name { get; init; }

    /// <summary>Licence and attribution of the weights; null takes what is known of the checkpoint.</summary>
    public string? License { get; init; }

    /// <summary>Whether a folder that is there already is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The request for a repository of Hugging Face: one checkpoint for both encoders, a tokenizer and a configuration.</summary>
    public static ExportRequest ForHuggingFace(string repository, string outputFolder)
    {
        if (!Directory.Exists(repository)) throw new DirectoryNotFoundException($"There is no folder '{repository}'; --hugging-face expects one with {HuggingFaceCheckpoint}, {HuggingFaceTokenizer} and {HuggingFaceConfig.FileName}.");
        string checkpoint = Path.Combine(repository, HuggingFaceCheckpoint);
        return new ExportRequest(checkpoint, outputFolder)
        {
            Text = (checkpoint, Path.Combine(repository, HuggingFaceTokenizer)),
            Config = Path.Combine(repository, HuggingFaceConfig.FileName),
            Name = ReleasedCheckpoints.RepositoryName(repository) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(repository))),
        };
    }
}
