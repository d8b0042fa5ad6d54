namespace Tips.MLNet.Samples.Common;

/// <summary>How a list for other programs is written.</summary>
internal enum ListFormat
{
    /// <summary>A table as RFC 4180 says, with a header.</summary>
    Csv,

    /// <summary>One JSON object on each line.</summary>
    Jsonl,
}
