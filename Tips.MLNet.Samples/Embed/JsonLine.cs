using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Formats an embedding and its picture or text as one line of JSON.</summary>
internal static class JsonLine
{
    // Keeps names readable; the line is not HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Format(string key, ReadOnlySpan<char> value, ReadOnlySpan<float> embedding)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString(key, value);
            json.WriteStartArray("embedding");
            foreach (float number in embedding) json.WriteNumberValue(number);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
