using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>
/// A folder with a repository of Hugging Face: a clone, what <c>save_pretrained</c> wrote, a snapshot in the cache of the Hub's own tools
/// (whose files are links), or that cache's folder of the repository.
/// </summary>
/// <param name="Checkpoint">The checkpoint, or the index of its shards.</param>
/// <param name="HasImages">Whether it has an image encoder.</param>
/// <param name="HasText">Whether it has a text encoder.</param>
/// <param name="Heads">The tasks that it has heads for.</param>
/// <param name="Config">The configuration.</param>
/// <param name="Processor">What it says about pictures; null if it says nothing.</param>
/// <param name="Tokenizer">The tokenizer; null if there is none.</param>
internal sealed record HuggingFaceRepository(
    string Checkpoint,
    bool HasImages,
    bool HasText,
    IReadOnlyList<HeadTask> Heads,
    HuggingFaceConfig Config,
    HuggingFaceProcessor? Processor,
    string? Tokenizer)
{
    private const string CheckpointName = "model.safetensors", ShardsName = "model" + ShardedCheckpoint.IndexSuffix;

    /// <summary>Tokenizers, the one that counts for more first: it is what the publisher's own code uses.</summary>
    private static readonly string[] TokenizerNames = ["tokenizer.model", "tokenizer.json"];

    /// <summary>The files that say what the tensors do not.</summary>
    public IEnumerable<string> Sources => Processor is null ? [Config.Path] : [Config.Path, Processor.Path];

    /// <summary>Height and width of the pictures that the model takes by default; null if no file says it.</summary>
    public (int Height, int Width)? ImageSize
        => Processor?.Size ?? (Config.Vision.ImageSize is var (_, side) ? (side, side) : null);

    /// <summary>Says what is wrong with <see cref="ImageSize"/>, in the name of the file that gave it.</summary>
    public CheckpointException ImageSizeError(string message)
        => Processor?.Size is null ? Config.Error(message) : Processor.Error(message);

    /// <summary>Opens a repository; null if the folder has no configuration.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="CheckpointException">
    /// The checkpoint, the configuration or, if there is an image encoder, the processor cannot be used.
    /// </exception>
    public static HuggingFaceRepository? TryOpen(string repository)
    {
        string folder = Snapshot(repository), config = Path.Combine(folder, HuggingFaceConfig.FileName);
        if (!File.Exists(config)) return null;
        var facts = HuggingFaceConfig.Read(config);
        string path = CheckpointIn(folder);
        using var checkpoint = CheckpointFile.Open(path);
        bool hasText = TowerLayouts.TextLayoutOf(checkpoint) is not null;
        var heads = DptLayouts.TasksIn(checkpoint, facts.Heads?.Architecture);
        // Where nothing is found, the image encoder's reader says which keys are missing.
        bool hasImages = TowerLayouts.VisionLayoutOf(checkpoint) is not null || (!hasText && heads.Count == 0);
        return new HuggingFaceRepository(
            path,
            hasImages,
            hasText,
            heads,
            facts,
            hasImages ? HuggingFaceProcessor.TryRead(folder) : null,
            TokenizerNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists));
    }

    /// <summary>The request for a repository: one checkpoint with encoders or a dense model, and what is beside it.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="outputFolder">Folder for the model.</param>
    /// <param name="tokenizer">A tokenizer to use instead of the repository's own.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="CheckpointException">The checkpoint, the configuration or the processor cannot be used.</exception>
    /// <exception cref="ArgumentException">A tokenizer was given, but there is no text encoder.</exception>
    public static ExportRequest CreateRequest(string repository, string outputFolder, string? tokenizer = null)
    {
        var opened = TryOpen(repository)
            ?? throw new FileNotFoundException($"Folder '{repository}' has no '{HuggingFaceConfig.FileName}'.", repository);
        if (tokenizer is not null && !opened.HasText)
            throw new ArgumentException($"A tokenizer was given, but folder '{repository}' has no text encoder.");
        if (!opened.HasImages && opened.Heads.Count > 0)
        {
            throw new CheckpointException(
                $"Folder '{repository}' has heads ({string.Join(", ", opened.Heads.Select(h => h.Name()))}), but no image encoder. Give "
                + $"the image encoder that they belong to with --vision, and each head with '--head TASK={opened.Checkpoint}'.");
        }

        return new ExportRequest(opened.HasImages ? opened.Checkpoint : null, outputFolder)
        {
            Text = opened.HasText ? new TextSource(opened.Checkpoint, tokenizer ?? opened.Tokenizer) : null,
            Heads = [.. opened.Heads.Select(task => new HeadSource(task, opened.Checkpoint))],
            Repository = opened,
            Name = ReleasedCheckpoints.RepositoryName(repository) ?? NameOf(repository),
        };
    }

    // In the Hub's cache the folder is named after the repository, or after the commit below it.
    private static string NameOf(string repository)
    {
        string[] folders = Path.TrimEndingDirectorySeparator(Path.GetFullPath(repository)).Split(Path.DirectorySeparatorChar);
        string? cached = folders.LastOrDefault(f => f.StartsWith("models--", StringComparison.Ordinal));
        return cached is null ? folders[^1] : cached[(cached.LastIndexOf("--", StringComparison.Ordinal) + 2)..];
    }

    // The cache keeps a repository as snapshots; the file refs/main names the current one.
    private static string Snapshot(string repository)
    {
        if (!Directory.Exists(repository))
        {
            throw new DirectoryNotFoundException(
                $"There is no folder '{repository}'; --hugging-face expects one with {HuggingFaceConfig.FileName} and {CheckpointName} (or "
                + $"{ShardsName} and its files), and for texts {string.Join(" or ", TokenizerNames)}.");
        }

        string snapshots = Path.Combine(repository, "snapshots");
        if (File.Exists(Path.Combine(repository, HuggingFaceConfig.FileName)) || !Directory.Exists(snapshots)) return repository;
        string[] all = [.. Directory.GetDirectories(snapshots).Order(StringComparer.Ordinal)];
        string reference = Path.Combine(repository, "refs", "main");
        string? current = File.Exists(reference) ? File.ReadLines(reference).FirstOrDefault()?.Trim() : null;
        return all.FirstOrDefault(s => Path.GetFileName(s) == current)
            ?? (all.Length == 1
                ? all[0]
                : throw new FileNotFoundException(
                    $"Folder '{repository}' has {all.Length} snapshots, expected one, or a file 'refs/main' that names one."));
    }

    private static string CheckpointIn(string folder)
    {
        string whole = Path.Combine(folder, CheckpointName), shards = Path.Combine(folder, ShardsName);
        if (File.Exists(whole)) return whole;
        return File.Exists(shards)
            ? shards
            : throw new FileNotFoundException($"Folder '{folder}' has neither '{CheckpointName}' nor '{ShardsName}'.", whole);
    }
}
