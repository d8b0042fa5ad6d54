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
        if (request.VisionCheckpoint is null && request.Heads.Count > 0)
            throw new ArgumentException("Heads were given, but there is no image encoder to export.");
        using var heads = HeadParts.Open(request.Heads, request.HeadSettings);
        using var vision = VisionPart.Open(request, heads);
        using var text = TextPart.Open(request, vision?.Width);
        EncoderPart[] encoders = [.. ((EncoderPart?[])[vision, text]).OfType<EncoderPart>()];
        ExportPart[] parts = [.. encoders, .. heads.All];
        using var folder = OutputFolder.Open(request.OutputFolder, request.Overwrite);
        FreeSpace.Check(request.OutputFolder, parts.Sum(p => p.WeightsLength), "the model", freeBytes);

        var hashes = new SourceHashes(progress, cancellationToken);
        var sources = hashes.Of(encoders.SelectMany(p => p.Sources).Concat(request.Repository?.Sources ?? []));
        foreach (var head in heads.All) hashes.Of(head.Sources);
        foreach (var part in parts) part.Write(folder, progress, cancellationToken);
        var manifest = new TipsManifest
        {
            FormatVersion = TipsManifest.CurrentFormatVersion,
            Name = request.Name ?? Path.GetFileNameWithoutExtension(request.MainCheckpoint),
            Variant = encoders[0].Variant,
            Precision = request.Precision.Name(),
            EmbeddingDimension = encoders[0].Width,
            Vision = vision?.Describe(),
            Text = text?.Describe(),
            Heads = heads.All.Count == 0 ? null : [.. heads.All.Select(head => head.Describe(hashes.Of(head.Sources)))],
            Sources = sources,
            License = request.License ?? ReleasedCheckpoints.LicenseOf(request.MainCheckpoint),
            Producer = ToolInfo.Producer,
        };
        folder.Write(TipsManifest.FileName, stream => stream.Write(ManifestSerializer.Serialize(manifest)));
        cancellationToken.ThrowIfCancellationRequested();
        folder.Commit();
        return manifest;
    }
}
