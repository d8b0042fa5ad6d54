using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tips.MLNet.Samples.Index;

/// <summary>What an index says about an entry, beside its id and its embedding: the payload.</summary>
/// <param name="Kind">Whether it is a picture or its caption.</param>
/// <param name="Label">The picture's class, if a table says it; otherwise null.</param>
/// <param name="Text">The caption, or what a table says about the picture; null for nothing.</param>
internal sealed record IndexedItem(ItemKind Kind, string? Label = null, string? Text = null)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    public string ToPayload() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads a payload.</summary>
    /// <exception cref="JsonException">It is none of these.</exception>
    public static IndexedItem Parse(string? payload)
        => JsonSerializer.Deserialize<IndexedItem>(payload ?? "null", Options) ?? throw new JsonException("It has no payload.");
}
