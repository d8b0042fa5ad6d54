using System.Drawing;

namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about an embedding.</summary>
internal abstract record EmbeddingState
{
    public required string Output { get; init; }

    public required string Input { get; init; }

    public required bool Normalize { get; init; }

    public required long CacheBytes { get; init; }

    /// <summary>How the pipeline was asked to keep the model, so that saving it again does the same.</summary>
    public required ModelStorage Storage { get; init; }

    public required SavedModelState Model { get; init; }
}

/// <summary>What a saved pipeline says about an image embedding.</summary>
internal sealed record ImageEmbeddingState : EmbeddingState
{
    public required ClassToken ClassToken { get; init; }

    public int? BatchSize { get; init; }

    public required InvalidImageHandling InvalidImages { get; init; }

    /// <summary>0xAARRGGBB.</summary>
    public required int Background { get; init; }

    public string? RowNameColumn { get; init; }

    public TipsImageEmbeddingOptions ToOptions() => new()
    {
        ClassToken = ClassToken,
        Normalize = Normalize,
        BatchSize = BatchSize,
        InvalidImages = InvalidImages,
        Background = Color.FromArgb(Background),
        RowNameColumn = RowNameColumn,
        CacheBytes = CacheBytes,
        Storage = Storage,
    };
}

/// <summary>What a saved pipeline says about a text embedding.</summary>
internal sealed record TextEmbeddingState : EmbeddingState
{
    public required int BatchSize { get; init; }

    public TipsTextEmbeddingOptions ToOptions()
        => new() { Normalize = Normalize, BatchSize = BatchSize, CacheBytes = CacheBytes, Storage = Storage };
}
