namespace Tips.MLNet.Samples.Index;

/// <summary>What <c>index</c> has made.</summary>
internal sealed record IndexResult
{
    public required string Model { get; init; }

    public required string Index { get; init; }

    /// <summary>Where the embeddings are kept.</summary>
    public required string StoreFolder { get; init; }

    /// <summary>Pictures in the index.</summary>
    public required int Pictures { get; init; }

    /// <summary>Captions in the index.</summary>
    public required int Captions { get; init; }

    /// <summary>Pictures and captions that had to be embedded.</summary>
    public required long Embedded { get; init; }

    /// <summary>Pictures that the index did not have before.</summary>
    public required int Added { get; init; }

    /// <summary>Pictures that the index had, with another embedding.</summary>
    public required int Changed { get; init; }

    /// <summary>Pictures that the index had, and that are gone.</summary>
    public required int Removed { get; init; }
}
