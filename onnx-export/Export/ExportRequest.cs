using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>What <see cref="ModelExporter"/> is asked to do.</summary>
/// <param name="VisionCheckpoint">Checkpoint of the image encoder; null for a model of texts only.</param>
/// <param name="OutputFolder">Folder for the model.</param>
internal sealed record ExportRequest(string? VisionCheckpoint, string OutputFolder)
{
    private const string HuggingFaceCheckpoint = "model.safetensors", HuggingFaceTokenizer = "tokenizer.model";

    /// <summary>
    /// Height and width of the input picture in pixels; null takes those of the configuration, or the checkpoint's own (see
    /// <see cref="ReleasedCheckpoints"/>).
    /// </summary>
    public (int Height, int Width)? ImageSize { get; init; }

    /// <summary>Checkpoint of the text encoder and its SentencePiece model; null for a model of pictures only.</summary>
    public (string Checkpoint, string Tokenizer)? Text { get; init; }

    /// <summary>The configuration of a Hugging Face repository, which has what the tensors do not say; null if there is none.</summary>
    public string? Config { get; init; }

    /// <summary>The numbers the model computes with.</summary>
    public WeightPrecision Precision { get; init; } = WeightPrecision.Float32;

    /// <summary>Name of the model; null takes the checkpoint's file name.</summary>
    public string? Name { get; init; }

    /// <summary>License and attribution of the weights; null uses what is known about the checkpoint.</summary>
    public string? License { get; init; }

    /// <summary>Whether to replace an existing model folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The checkpoint that gives the model its name: that of the image encoder if there is one.</summary>
    public string MainCheckpoint => VisionCheckpoint ?? Text?.Checkpoint ?? throw new ArgumentException("There is no encoder to export.");

    /// <summary>
    /// The request for a repository of Hugging Face: one checkpoint with both encoders, or with one of them, a tokenizer and a
    /// configuration.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="CheckpointException">The checkpoint cannot be read.</exception>
    public static ExportRequest ForHuggingFace(string repository, string outputFolder)
    {
        if (!Directory.Exists(repository))
        {
            throw new DirectoryNotFoundException(
                $"There is no folder '{repository}'; --hugging-face expects one with {HuggingFaceCheckpoint}, {HuggingFaceTokenizer} and "
                + $"{HuggingFaceConfig.FileName}.");
        }

        string path = Path.Combine(repository, HuggingFaceCheckpoint);
        using var checkpoint = CheckpointFile.Open(path);
        bool hasText = TowerLayouts.TextLayoutOf(checkpoint) is not null;
        // Where neither is found, the image encoder's reader says which keys are missing.
        bool hasImages = TowerLayouts.VisionLayoutOf(checkpoint) is not null || !hasText;
        return new ExportRequest(hasImages ? path : null, outputFolder)
        {
            Text = hasText ? (path, Path.Combine(repository, HuggingFaceTokenizer)) : null,
            Config = Path.Combine(repository, HuggingFaceConfig.FileName),
            Name = ReleasedCheckpoints.RepositoryName(repository)
                ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(repository))),
        };
    }
}
