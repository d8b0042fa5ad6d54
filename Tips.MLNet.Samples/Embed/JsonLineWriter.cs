using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Writes an embedding and its picture or text as one line of JSON.</summary>
/// <param name="writer">Where to.</param>
/// <param name="key">What the name is called.</param>
internal sealed class JsonLineWriter(TextWriter writer, string key) : IEmbeddingWriter
{
    // Keeps names readable; the line is not HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Write(string name, ReadOnlySpan<float> embedding)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString(key, name);
            json.WriteStartArray("embedding");
            foreach (float number in embedding) json.WriteNumberValue(number);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }
}
