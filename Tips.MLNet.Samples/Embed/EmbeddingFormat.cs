namespace Tips.MLNet.Samples.Embed;

/// <summary>How embeddings are written.</summary>
internal enum EmbeddingFormat
{
    /// <summary>One JSON object on each line.</summary>
    Jsonl,

    /// <summary>A table: the name, then a column for each value.</summary>
    Csv,

    /// <summary>A NumPy array, and the names in a text file.</summary>
    Npy,
}
