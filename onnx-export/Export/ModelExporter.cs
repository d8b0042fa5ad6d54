using System.Security.Cryptography;
using Tips.MLNet.Models;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Export;

/// <summary>Turns checkpoints into a model folder, which loads only when it is complete; see <see cref="OutputFolder"/>.</summary>
internal static class ModelExporter
{
    /// <exception cref="CheckpointException">A checkpoint is not a TIPS encoder, or is damaged.</exception>
    /// <exception cref="InvalidDataException">The tokenizer cannot be used.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static TipsManifest Export(
        ExportRequest request,
        IProgress<WorkProgress>? progress = null,
        Func<string, long>? freeBytes = null,
        CancellationToken cancellationToken = default)
    {
        if (request.VisionCheckpoint is null && request.ImageSize is not null)
            throw new ArgumentException("An image size was given, but there is no image encoder to export.");
        if (request.VisionCheckpoint is null && request.Layers.Count > 0)
            throw new ArgumentException("Layers were given, but there is no image encoder to export.");
        using var vision = VisionPart.Open(request);
        using var text = TextPart.Open(request, vision?.Width);
        ExportPart[] parts = [.. ((ExportPart?[])[vision, text]).OfType<ExportPart>()];
        using var folder = OutputFolder.Open(request.OutputFolder, request.Overwrite);
        FreeSpace.Check(request.OutputFolder, parts.Sum(p => p.WeightsLength), "the model", freeBytes);

        string[] paths = [.. parts.SelectMany(p => p.Sources).Concat(request.Repository?.Sources ?? []).Distinct()];
        ManifestFile[] sources = [.. paths.Select(path => HashFile(path, progress, cancellationToken))];
        foreach (var part in parts) part.Write(folder, progress, cancellationToken);
        var manifest = new TipsManifest
        {
            FormatVersion = TipsManifest.CurrentFormatVersion,
            Name = request.Name ?? Path.GetFileNameWithoutExtension(request.MainCheckpoint),
            Variant = parts[0].Variant,
            Precision = request.Precision.Name(),
            EmbeddingDimension = parts[0].Width,
            Vision = vision?.Describe(),
            Text = text?.Describe(),
            Sources = sources,
            License = request.License ?? ReleasedCheckpoints.LicenseOf(request.MainCheckpoint),
            Producer = $"{ToolInfo.Name} {ToolInfo.Version}",
        };
        folder.Write(TipsManifest.FileName, stream => stream.Write(ManifestSerializer.Serialize(manifest)));
        cancellationToken.ThrowIfCancellationRequested();
        folder.Commit();
        return manifest;
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
