using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Writes each prediction as one line of JSON.</summary>
internal sealed class JsonPredictionWriter(TextWriter writer) : IPredictionWriter
{
    // Keeps names readable; the line is not HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Write(string path, PicturePrediction prediction)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("path", path);
            if (prediction.Kind == PredictionKind.Foreground) json.WriteNumber(prediction.ValueTitle, prediction.Best[0].Value);
            else WriteClasses(json, prediction);
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    private static void WriteClasses(Utf8JsonWriter json, PicturePrediction prediction)
    {
        if (prediction.Label.Length == 0) json.WriteNull(prediction.LabelTitle);
        else json.WriteString(prediction.LabelTitle, prediction.Label);
        if (prediction.Kind == PredictionKind.Probabilities) json.WriteBoolean("rejected", prediction.IsRejected);
        json.WriteStartArray("top");
        foreach (var (name, value) in prediction.Best)
        {
            json.WriteStartObject();
            json.WriteString(prediction.NameTitle, name);
            json.WriteNumber(prediction.ValueTitle, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
