namespace Tips.MLNet.Samples.Embed;

/// <summary>What <c>embed</c> is asked to do: texts, texts of a file, or pictures.</summary>
internal sealed record EmbedRequest
{
    /// <summary>Model folder; null for the one that comes with the samples.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>A picture, a folder or a table; null for the bundled drawings.</summary>
    public string? Images { get; init; }

    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>A file of texts; "-" is standard input.</summary>
    public string? TextFile { get; init; }

    public ClassToken ClassToken { get; init; }

    public bool Normalize { get; init; } = true;

    public EmbeddingFormat Format { get; init; }

    /// <summary>File to write; null for standard output.</summary>
    public string? Output { get; init; }
}
