using System.Security.Cryptography;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;

namespace Tips.MLNet.Transforms;

/// <summary>The model's part of a saved component.</summary>
internal sealed record SavedModelState
{
    /// <summary><see cref="ModelStorage.Embedded"/> or <see cref="ModelStorage.Reference"/>.</summary>
    public required ModelStorage Storage { get; init; }

    /// <summary>SHA-256 of the manifest, which itself pins every file.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>Name of the model, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of the model folder when the pipeline was saved, for a reference.</summary>
    public string? Folder { get; init; }

    public required TipsModelOptions Options { get; init; }

    public static SavedModelState From(TipsModel model, ModelStorage storage) => new()
    {
        Storage = storage,
        ManifestSha256 = model.Files.Digest,
        Name = model.Manifest.Name,
        Folder = storage == ModelStorage.Reference ? model.Folder : null,
        Options = model.Options,
    };
}

/// <summary>Puts a model into a saved pipeline and takes it out again.</summary>
internal static class SavedModel
{
    /// <summary>Largest model that <see cref="ModelStorage.Automatic"/> embeds: S/14 in float32 fits, B/14 does not.</summary>
    private const long LargestEmbedded = 256L << 20;

    /// <summary>Decides between embedding and reference.</summary>
    /// <exception cref="InvalidOperationException">What was asked for cannot be done with this model.</exception>
    public static ModelStorage Decide(ModelStorage asked, TipsModel model)
    {
        var files = model.Files;
        bool fromFolder = model.Folder is not null;
        var storage = asked switch
        {
            ModelStorage.Automatic => !fromFolder || files.Manifest.Files.Sum(f => f.Size) <= LargestEmbedded ? ModelStorage.Embedded : ModelStorage.Reference,
            _ => asked,
        };
        if (storage == ModelStorage.Reference && !fromFolder)
            throw new InvalidOperationException($"Model '{model.Manifest.Name}' came out of a saved pipeline, so there is no folder to refer to. Save it with {nameof(ModelStorage)}.{nameof(ModelStorage.Embedded)}.");
        // 2 GB is the most that one array, and one ONNX file, can hold. All weights of a graph end up in one.
        if (storage == ModelStorage.Embedded && files.Manifest.Files.Sum(f => f.Size) > Array.MaxLength)
            throw new InvalidOperationException($"Model '{model.Manifest.Name}' has {files.Manifest.Files.Sum(f => f.Size):N0} bytes; a saved pipeline can hold at most {Array.MaxLength:N0}. Save it with {nameof(ModelStorage)}.{nameof(ModelStorage.Reference)}.");
        return storage;
    }

    public static void Write(ComponentWriter writer, ModelStorage storage, TipsModel model)
    {
        if (storage != ModelStorage.Embedded) return;
        writer.WriteStream(TipsManifest.FileName, stream => stream.Write(model.Files.ManifestBytes));
        foreach (var file in model.Manifest.Files)
        {
            writer.WriteStream(file.Name, stream =>
            {
                using var source = model.Files.OpenRead(file);
                CopyChecked(source, stream, file, model.Files.Place);
            });
        }
    }

    /// <exception cref="InvalidDataException">The model is not the one that was saved, or is damaged.</exception>
    /// <exception cref="DirectoryNotFoundException">The model folder is not there.</exception>
    public static TipsModel Read(ComponentReader reader, SavedModelState state)
    {
        var load = TipsLoadOptions.Current;
        var options = load.ModelOptions ?? state.Options;
        return new TipsModel(state.Storage == ModelStorage.Embedded ? ReadEmbedded(reader, state) : ReadFolder(load.ModelFolders, state, options), options);
    }

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
            throw new InvalidOperationException($"File '{file.Name}' of the {place} has changed since the model was loaded, so the pipeline cannot hold the model. Load it again.");
    }

    private static MemoryModelFiles ReadEmbedded(ComponentReader reader, SavedModelState state)
    {
        byte[] manifest = Read(TipsManifest.FileName) ?? throw new InvalidDataException($"The saved pipeline has no '{TipsManifest.FileName}'.");
        string digest = ManifestSerializer.Digest(manifest);
        if (digest != state.ManifestSha256)
            throw new InvalidDataException($"{TipsManifest.FileName} inside the saved pipeline was changed: its SHA-256 is {digest}, expected {state.ManifestSha256}.");
        return MemoryModelFiles.Open(manifest, file => Read(file.Name));

        byte[]? Read(string name)
        {
            byte[]? bytes = null;
            reader.TryReadStream(name, stream =>
            {
                bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
            });
            return bytes;
        }
    }

    // The given places first, then the saved one: the folder whose manifest is the saved one is right, wherever it is.
    private static FolderModelFiles ReadFolder(IReadOnlyList<string> given, SavedModelState state, TipsModelOptions options)
    {
        string[] places = [.. given, .. state.Folder is { } saved ? [saved] : Array.Empty<string>()];
        string? folder = places.FirstOrDefault(p => DigestOf(p) == state.ManifestSha256);
        if (folder is not null) return FolderModelFiles.Open(folder, options.Verification);
        if (places.FirstOrDefault(p => DigestOf(p) is not null) is not { } other)
        {
            throw new DirectoryNotFoundException(
                $"The pipeline refers to model '{state.Name}' in folder '{string.Join("' or '", places)}', which is not there. Put the folder there, or give its new place with {nameof(TipsLoadOptions)}.{nameof(TipsLoadOptions.ModelFolders)}.");
        }

        string manifest = Path.Combine(other, TipsManifest.FileName);
        string name = ManifestSerializer.ReadFile(manifest).Name;
        throw new InvalidDataException(
            $"The pipeline was saved with another model than the one in folder '{other}': the SHA-256 of its {TipsManifest.FileName} is {DigestOf(other)} (model '{name}'), expected {state.ManifestSha256} (model '{state.Name}'). Train the pipeline again, or give the folder of the model it was trained with.");
    }

    // Null where there is no manifest that can be read: then another place may have it.
    private static string? DigestOf(string folder)
    {
        try
        {
            return ManifestSerializer.Digest(ManifestSerializer.ReadBytes(Path.Combine(folder, TipsManifest.FileName)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }
}
