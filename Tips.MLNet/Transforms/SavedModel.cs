using System.Security.Cryptography;
using System.Text.Json;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Puts a model into a saved pipeline and takes it out again, once for all transforms that use it.</summary>
internal static class SavedModel
{
    /// <summary>
    /// Largest encoder that <see cref="ModelStorage.Automatic"/> embeds: those of S/14 in float32 fit, those of B/14 do not.
    /// </summary>
    private const long LargestEmbedded = 256L << 20;

    /// <summary>Decides between embedding and reference.</summary>
    /// <exception cref="InvalidOperationException">The requested storage is not possible for this model.</exception>
    public static ModelStorage Decide(ModelStorage requested, TipsModel model, params PartManifest[] parts)
    {
        long size = parts.Max(SizeOf);
        bool fromFolder = model.Folder is not null;
        // By the whole model, not by the part: two of its transforms that decided differently would open it twice.
        var storage = requested switch
        {
            ModelStorage.Automatic when fromFolder && LargestPart(model) > LargestEmbedded => ModelStorage.Reference,
            ModelStorage.Automatic => ModelStorage.Embedded,
            _ => requested,
        };
        if (storage == ModelStorage.Reference && !fromFolder)
        {
            throw new InvalidOperationException(
                $"Model '{model.Name}' came out of a saved pipeline, so there is no folder to refer to. "
                + $"Save it with {nameof(ModelStorage)}.{nameof(ModelStorage.Embedded)}.");
        }

        // 2 GB is the most that one array, and one ONNX file, can hold. All weights of a graph end up in one.
        if (storage == ModelStorage.Embedded && size > Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"The encoder of model '{model.Name}' has {size:N0} bytes; a saved pipeline can hold at most {Array.MaxLength:N0}. "
                + $"Save it with {nameof(ModelStorage)}.{nameof(ModelStorage.Reference)}.");
        }

        return storage;
    }

    /// <summary>Writes the manifest and the files of parts, each unless another transform of the pipeline has written it.</summary>
    public static void Write(ComponentWriter writer, TipsModel model, params PartManifest[] parts)
    {
        var files = model.Files;
        string folder = FolderOf(files.Digest);
        writer.WriteSharedStream(folder, TipsManifest.FileName, stream => stream.Write(files.ManifestBytes));
        foreach (var file in parts.SelectMany(part => part.Files))
        {
            writer.WriteSharedStream(folder, file.Name, stream =>
            {
                using var source = files.OpenRead(file);
                CopyChecked(source, stream, file, files.Place);
            });
        }
    }

    /// <summary>Opens the model, unless another transform of the pipeline has.</summary>
    /// <exception cref="InvalidDataException">The model is not the one that was saved, or is damaged.</exception>
    /// <exception cref="DirectoryNotFoundException">The model folder is not there.</exception>
    public static SharedModel Read(ComponentReader reader, SavedModelState state)
    {
        var load = TipsLoadOptions.Current;
        var options = load.ModelOptions ?? state.Options;
        if (load.ModelOptions is null) SavedOptions.Validate(options.Validate, "model");
        else options.Validate();
        string optionsKey = JsonSerializer.Serialize(options, TransformsJsonContext.Default.TipsModelOptions);
        string key = $"{state.Storage} {state.ManifestSha256} {optionsKey}";
        return reader.GetShared(key, Open);

        SharedModel Open()
        {
            ModelFiles files = state.Storage == ModelStorage.Embedded
                ? ReadEmbedded(reader, state)
                : FolderModelFiles.Open(ModelFolderSearch.Find(load.ModelFolders, state), options.Verification);
            var host = reader.Host;
            var execution = Execution.Resolve(options, host.GpuDeviceId, host.FallbackToCpu, out string? fallBackReason);
            if (fallBackReason is not null) host.Warn("Tips.MLNet", $"Model '{state.Name}' runs on the CPU instead: {fallBackReason}");
            host.Info("Tips.MLNet", $"Model '{state.Name}' runs on the {execution}.");
            return new SharedModel(new TipsModel(files, options, execution));
        }
    }

    private static long LargestPart(TipsModel model)
        => model.Manifest.Parts.Max(SizeOf);

    private static long SizeOf(PartManifest part) => part.Files.Sum(f => f.Size);

    private static string FolderOf(string digest) => $"TipsModel-{digest}";

    private static void CopyChecked(Stream source, Stream destination, ManifestFile file, string place)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 20];
        for (int read; (read = source.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            destination.Write(buffer, 0, read);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
        {
            throw new InvalidOperationException(
                $"File '{file.Name}' of the {place} has changed since the model was loaded, so the pipeline cannot hold the model. Load "
                + "it again.");
        }
    }

    private static MemoryModelFiles ReadEmbedded(ComponentReader reader, SavedModelState state)
    {
        string folder = FolderOf(state.ManifestSha256);
        byte[] manifest = Read(TipsManifest.FileName)
            ?? throw new InvalidDataException($"The saved pipeline has no '{TipsManifest.FileName}'.");
        string digest = ManifestSerializer.Digest(manifest);
        if (digest != state.ManifestSha256)
        {
            throw new InvalidDataException(
                $"{TipsManifest.FileName} inside the saved pipeline was changed: its SHA-256 is {digest}, expected "
                + $"{state.ManifestSha256}.");
        }

        return MemoryModelFiles.Open(manifest, file => Read(file.Name));

        byte[]? Read(string name)
        {
            byte[]? bytes = null;
            reader.TryReadSharedStream(folder, name, stream =>
            {
                bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
            });
            return bytes;
        }
    }
}
