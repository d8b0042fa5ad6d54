using System.Security.Cryptography;
using Google.Protobuf;
using Tips.MLNet.Models;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>
/// Turns a checkpoint into a model folder, which loads only when it is complete; see <see cref="OutputFolder"/>.
/// </summary>
internal static class ModelExporter
{
    private const string EmbeddingFile = "vision_embedding.onnx", DenseFile = "vision_dense.onnx", TextFile = "text_embedding.onnx", TokenizerFile = "tokenizer.model";

    /// <exception cref="CheckpointException">The checkpoint is not a TIPS image encoder, or is damaged.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static TipsManifest Export(ExportRequest request, IProgress<WorkProgress>? progress = null, Func<string, long>? freeBytes = null, CancellationToken cancellationToken = default)
    {
        var config = request.Config is null ? null : HuggingFaceConfig.Read(request.Config);
        using var checkpoint = CheckpointFile.Open(request.VisionCheckpoint);
        var tower = TowerLayouts.ReadVision(checkpoint);
        if (config is not null) HuggingFaceChecks.Check(config, request.Config!, tower);
        if (config is not null) HuggingFaceChecks.CheckImageSize(config, request.Config!, tower.PatchSize);
        var (height, width) = request.ImageSize ?? (config?.ImageSize is { } side ? (side, side) : ReleasedCheckpoints.DefaultImageSize(checkpoint.Path, tower));
        CheckImageSize(height, width, tower.PatchSize, tower.Width);

        string weightsFile = $"weights.{request.Precision.Name()}.safetensors";
        var weights = new WeightTable();
        var embedding = VisionGraph.Embedding(tower, height, width, weights, request.Precision);
        var dense = VisionGraph.Dense(tower, height, width, weights, request.Precision);
        using var text = TextPart.Open(request, config, tower.Width, weights);
        using var folder = OutputFolder.Open(request.OutputFolder, request.Overwrite);
        FreeSpace.Check(request.OutputFolder, weights.FileLength, "the model", freeBytes);

        string[] configs = request.Config is { } file ? [file] : [];
        List<ManifestFile> sources = [.. ((string[])[checkpoint.Path, .. text?.Sources ?? [], .. configs]).Distinct().Select(path => HashFile(path, progress, cancellationToken))];
        var files = new List<ManifestFile>
        {
            Write(folder, weightsFile, s => WriteWeights(weights, s, checkpoint.Path, text?.Sources[0], progress, cancellationToken)),
            Write(folder, EmbeddingFile, embedding.Build(weightsFile, ToolInfo.Name, ToolInfo.Version).WriteTo),
            Write(folder, DenseFile, dense.Build(weightsFile, ToolInfo.Name, ToolInfo.Version).WriteTo),
        };
        if (text is not null)
        {
            files.Add(Write(folder, TextFile, text.Graph.Build(weightsFile, ToolInfo.Name, ToolInfo.Version).WriteTo));
            files.Add(Write(folder, TokenizerFile, s => s.Write(text.TokenizerBytes)));
        }

        var manifest = new TipsManifest
        {
            FormatVersion = TipsManifest.CurrentFormatVersion,
            Name = request.Name ?? Path.GetFileNameWithoutExtension(checkpoint.Path),
            Variant = VariantOf(tower),
            Precision = request.Precision.Name(),
            EmbeddingDimension = tower.Width,
            Vision = Describe(tower, height, width),
            Text = text?.Describe(TextFile, TokenizerFile),
            WeightsFile = weightsFile,
            Sources = sources,
            Files = files,
            License = request.License ?? ReleasedCheckpoints.LicenseOf(checkpoint.Path),
            Producer = $"{ToolInfo.Name} {ToolInfo.Version}",
        };
        Write(folder, TipsManifest.FileName, s => s.Write(ManifestSerializer.Serialize(manifest)));
        cancellationToken.ThrowIfCancellationRequested();
        folder.Commit();
        return manifest;
    }

    private static void WriteWeights(WeightTable weights, Stream stream, string visionCheckpoint, string? textCheckpoint, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            weights.Write(stream, done => progress?.Report(new("Writing the weights", done, weights.FileLength)), cancellationToken);
        }
        catch (WeightException e)
        {
            string checkpoint = TextGraph.Owns(e.Weight) ? textCheckpoint! : visionCheckpoint;
            throw new CheckpointException($"Checkpoint '{checkpoint}' cannot be exported: {e.Message}", e);
        }
    }

    private static VisionManifest Describe(VisionTower tower, int height, int width) => new()
    {
        ImageHeight = height,
        ImageWidth = width,
        PatchSize = tower.PatchSize,
        Layers = tower.Blocks.Count,
        Heads = tower.Heads,
        FeedForward = tower.FeedForward.Kind,
        FeedForwardDimension = tower.FeedForward.HiddenWidth,
        CheckpointGrid = [tower.Grid.Rows, tower.Grid.Columns],
        TokenOrder = ["cls_1", "cls_2", "patches"],
        Preprocessing = PreprocessingManifest.Reference,
        Embedding = new GraphManifest(EmbeddingFile, VisionGraph.Input, VisionGraph.ClassTokens),
        Dense = new GraphManifest(DenseFile, VisionGraph.Input, VisionGraph.ClassTokens, VisionGraph.PatchTokens),
    };

    private static string VariantOf(VisionTower tower) => (tower.Width, tower.Blocks.Count) switch
    {
        (384, 12) => "S",
        (768, 12) => "B",
        (1024, 24) => "L",
        (1152, 27) => "So400m",
        (1536, 40) => "g",
        _ => $"D{tower.Width}x{tower.Blocks.Count}",
    } + $"/{tower.PatchSize}";

    /// <exception cref="ArgumentException">An image encoder of these sizes cannot have pictures of that size.</exception>
    public static void CheckImageSize(int height, int width, int patch, int embeddingWidth)
    {
        if (height <= 0 || width <= 0 || height % patch != 0 || width % patch != 0)
            throw new ArgumentException($"Image size {height}x{width} does not fit: height and width must be positive multiples of the patch size {patch}.");
        // One array holds a picture's pixel values, another the embeddings of its positions.
        Int128 patches = (Int128)(height / patch) * (width / patch), values = Int128.Max((Int128)3 * height * width, patches * embeddingWidth);
        if (values > Array.MaxLength)
            throw new ArgumentException($"Image size {height}x{width} is too large: it needs tensors of {values:N0} values, expected at most {Array.MaxLength:N0}.");
    }

    private static ManifestFile Write(OutputFolder folder, string name, Action<Stream> write)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new HashingStream(folder.Create(name), hash);
        write(stream);
        stream.Flush();
        return new ManifestFile(name, stream.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static ManifestFile HashFile(string path, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            done += read;
            progress?.Report(new($"Reading the SHA-256 of {Path.GetFileName(path)}", done, stream.Length));
        }

        return new ManifestFile(Path.GetFileName(path), done, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
