using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Export;

/// <summary>What <see cref="ModelExporter"/> is asked to do.</summary>
/// <param name="VisionCheckpoint">Checkpoint of the image encoder; null for a model of texts only.</param>
/// <param name="OutputFolder">Folder for the model.</param>
internal sealed record ExportRequest(string? VisionCheckpoint, string OutputFolder)
{
    /// <summary>
    /// Height and width of the input picture in pixels; null takes those of the repository, or the checkpoint's own (see
    /// <see cref="ReleasedCheckpoints"/>).
    /// </summary>
    public (int Height, int Width)? ImageSize { get; init; }

    /// <summary>Blocks of the image encoder, from 0, whose tokens the model gives besides those of the last.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [];

    /// <summary>The heads on top of the image encoder, at most one for each task.</summary>
    public IReadOnlyList<HeadSource> Heads { get; init; } = [];

    /// <summary>What the files of the heads do not tell.</summary>
    public HeadSettings HeadSettings { get; init; } = new();

    /// <summary>What the text encoder is made from; null for a model of pictures only.</summary>
    public TextSource? Text { get; init; }

    /// <summary>The repository of Hugging Face that the checkpoint lies in, which has what the tensors do not say; or null.</summary>
    public HuggingFaceRepository? Repository { get; init; }

    /// <summary>The model that this must be; null if it may be any.</summary>
    public ExpectedModel? Expected { get; init; }

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
}
