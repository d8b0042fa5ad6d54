namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about a transform of pictures.</summary>
internal abstract record PictureState : EmbeddingState
{
    public int? BatchSize { get; init; }

    public required InvalidImageHandling InvalidImages { get; init; }

    /// <summary>0xAARRGGBB.</summary>
    public required int Background { get; init; }

    public string? RowNameColumn { get; init; }
}
