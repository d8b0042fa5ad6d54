using System.Buffers;

namespace Tips.MLNet.Samples.Common;

/// <summary>Fields of a table as RFC 4180 says.</summary>
internal static class CsvText
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    /// <summary>A field, in quotes if it needs them.</summary>
    public static string Field(string text)
        => text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
