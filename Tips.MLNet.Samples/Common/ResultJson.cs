using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Tips.MLNet.Samples.Common;

/// <summary>Writes the result of a command as one JSON object on one line.</summary>
internal static class ResultJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // keeps names readable; this is not HTML
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new FiniteDouble(), new FiniteSingle() },
    };

    public static string Write(string command, object result, IReadOnlyList<string> leftOut, (long Embedded, long Found)? store)
    {
        var all = new JsonObject { ["command"] = command };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(result, result.GetType(), Options)!.AsObject())
            all[name] = value?.DeepClone();
        all["leftOut"] = JsonSerializer.SerializeToNode(leftOut, Options);
        if (store is var (embedded, found)) all["store"] = new JsonObject { ["embedded"] = embedded, ["found"] = found };
        return all.ToJsonString(Options);
    }

    // JSON has no NaN and no infinity.
    private sealed class FiniteDouble : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }

    private sealed class FiniteSingle : JsonConverter<float>
    {
        public override float Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetSingle();

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
        {
            if (float.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }
}
