namespace Tips.MLNet.Samples.Audit;

/// <summary>How findings are written.</summary>
internal enum FindingsFormat
{
    /// <summary>A table with a header.</summary>
    Csv,

    /// <summary>One JSON object on each line.</summary>
    Jsonl,
}
