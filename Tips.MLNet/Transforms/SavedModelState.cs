namespace Tips.MLNet.Transforms;

/// <summary>What a saved component says about its model.</summary>
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
        Name = model.Name,
        Folder = storage == ModelStorage.Reference ? model.Folder : null,
        Options = model.Options,
    };
}
