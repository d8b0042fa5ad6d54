using System.Text.Json;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>Small JSON files of a repository.</summary>
internal static class JsonFile
{
    private const int LongestShown = 40;

    /// <exception cref="CheckpointException">It is not JSON, has a key twice, or text that is not Unicode.</exception>
    public static JsonElement Parse(byte[] json, string place)
    {
        try
        {
            var text = json.AsMemory(json.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
            // A document of our own: reading a string later must not find what is wrong with it.
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false });
            CheckStrings(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{place} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A value as it stands in the file, cut if it is long.</summary>
    public static string Abbreviate(JsonElement element)
        => element.GetRawText() is { Length: > LongestShown } text ? text[..LongestShown] + "…" : element.GetRawText();

    // Unpaired surrogates throw.
    private static void CheckStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) CheckStrings(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckStrings(property.Value);
                }

                break;
            default:
                break;
        }
    }
}
