using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Writes a table as RFC 4180 says: the name, then a column for each value, from 0.</summary>
/// <param name="writer">Where to.</param>
/// <param name="key">Title of the names.</param>
internal sealed class CsvWriter(TextWriter writer, string key) : IEmbeddingWriter
{
    private bool _hasHeader;

    public void Write(string name, ReadOnlySpan<float> embedding)
    {
        if (!_hasHeader)
        {
            int length = embedding.Length;
            writer.WriteLine(string.Join(',', (string[])[key, .. Enumerable.Range(0, length).Select(i => $"{i}")]));
            _hasHeader = true;
        }

        writer.Write(CsvText.Field(name));
        foreach (float value in embedding)
        {
            writer.Write(',');
            writer.Write(value.ToString("R", CultureInfo.InvariantCulture));
        }

        writer.WriteLine();
    }
}
