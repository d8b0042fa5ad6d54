namespace Tips.MLNet.Samples.Embed;

/// <summary>What <c>embed</c> wrote into a file, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="EmbeddingDimension">Numbers of an embedding.</param>
/// <param name="Of">What was embedded: path or text.</param>
/// <param name="Count">How many embeddings were written.</param>
/// <param name="Format">The form of the file.</param>
/// <param name="Output">The file.</param>
internal sealed record EmbedResult(
    string Model, int EmbeddingDimension, string Of, int Count, EmbeddingFormat Format, string? Output);
