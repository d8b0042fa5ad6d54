using Google.Protobuf;
using Tips.MLNet;
using Tips.MLNet.Models;
using Tips.MLNet.Models.Onnx;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Export;

/// <summary>
/// Puts heads onto a model folder without the checkpoint that it was made from. The result is what an export with the same heads writes.
/// </summary>
internal static class HeadInstaller
{
    /// <exception cref="CheckpointException">A file has no such head, or not one of this model.</exception>
    /// <exception cref="InvalidDataException">The model folder is damaged, or was written before there were heads.</exception>
    /// <exception cref="IOException">The folder is no model folder, has such a head already, or cannot be written.</exception>
    public static TipsManifest Install(
        HeadRequest request,
        IProgress<WorkProgress>? progress = null,
        Func<string, long>? freeBytes = null,
        CancellationToken cancellationToken = default)
    {
        using var heads = HeadParts.Open(request.Heads, request.Settings);
        using var folder = OutputFolder.OpenModel(request.Model);
        var files = FolderModelFiles.Open(request.Model, FileVerification.Full);
        var manifest = files.Manifest;
        var vision = CheckModel(manifest, files.Place);
        string[] tasks = [.. heads.All.Select(h => h.TaskName)];
        CheckTasks(manifest, request, tasks);
        heads.Attach(manifest.EmbeddingDimension, vision.Layers, request.Model);
        FreeSpace.Check(request.Model, heads.All.Sum(h => h.WeightsLength), "what is added to the model", freeBytes);

        var hashes = new SourceHashes(progress, cancellationToken);
        foreach (var head in heads.All) hashes.Of(head.Sources);
        vision = WithLayers(vision, heads.Layers, files, folder, manifest.EmbeddingDimension);
        HeadManifest[] others = [.. (manifest.Heads ?? []).Where(h => !tasks.Contains(h.Task))];
        foreach (var head in heads.All) head.Write(folder, progress, cancellationToken);
        HeadManifest[] added = [.. heads.All.Select(h => h.Describe(hashes.Of(h.Sources)))];
        manifest = manifest with
        {
            Vision = vision,
            Heads = [.. others.Concat(added).OrderBy(h => Array.IndexOf(HeadManifest.Tasks, h.Task))],
            Producer = ToolInfo.Producer,
        };
        var written = added.SelectMany(h => h.Files).ToHashSet();
        foreach (var file in manifest.Files.Where(f => files.Manifest.Files.Contains(f) && !written.Contains(f))) folder.Keep(file.Name);
        folder.Write(TipsManifest.FileName, stream => stream.Write(ManifestSerializer.Serialize(manifest)));
        cancellationToken.ThrowIfCancellationRequested();
        folder.Commit();
        return manifest;
    }

    private static VisionManifest CheckModel(TipsManifest manifest, string place)
    {
        if (manifest.Vision is not { } vision)
            throw new InvalidDataException($"The {place} has no image encoder, and heads need one.");
        return vision.ValuePath is not null
            ? vision
            : throw new InvalidDataException($"The {place} was written before there were heads. Export it again, with --head.");
    }

    private static void CheckTasks(TipsManifest manifest, HeadRequest request, string[] tasks)
    {
        if (request.Overwrite || manifest.Heads?.FirstOrDefault(h => tasks.Contains(h.Task)) is not { } there) return;
        throw new IOException(
            $"Model folder '{request.Model}' has a head for {there.Task} already. Give --overwrite to replace it.");
    }

    // The dense graph has the tokens of every block as inner values; those that heads take become outputs.
    private static VisionManifest WithLayers(
        VisionManifest vision, IEnumerable<int> layers, FolderModelFiles files, OutputFolder folder, int width)
    {
        int[] present = [.. (vision.Dense.Layers ?? []).Select(l => l.Layer)];
        int[] wanted = [.. present.Union(layers).Order()];
        if (wanted.Length == present.Length) return vision;
        var old = vision.Files.First(f => f.Name == vision.Dense.File);
        var graph = ReadGraph(files, old);
        try
        {
            LayerOutputs.Replace(graph, present, wanted, vision.Layers - 1, width);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(
                $"Graph '{old.Name}' of the {files.Place} cannot give what heads take: {e.Message}. Export the model again, with --head.",
                e);
        }

        var changed = folder.Write(old.Name, stream => graph.WriteTo(stream));
        return vision with
        {
            Dense = vision.Dense with { Layers = VisionPart.Describe(wanted) },
            Files = [.. vision.Files.Select(f => f == old ? changed : f)],
        };
    }

    private static ModelProto ReadGraph(FolderModelFiles files, ManifestFile file)
    {
        try
        {
            using var stream = files.OpenRead(file);
            return ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"Graph '{file.Name}' of the {files.Place} cannot be read: {e.Message}", e);
        }
    }
}
