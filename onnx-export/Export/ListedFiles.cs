using System.Text.Json;
using Tips.MLNet.Models;

namespace Tips.OnnxExport.Export;

/// <summary>
/// The files that the manifest of a model folder lists, even in an older format: they are what <c>--overwrite</c> may replace.
/// </summary>
internal static class ListedFiles
{
    /// <exception cref="IOException">The manifest is not valid.</exception>
    public static HashSet<string> Read(string manifest)
    {
        try
        {
            byte[] bytes = ManifestSerializer.ReadBytes(manifest);
            IEnumerable<string> names = OlderFormat(bytes)
                ?? ManifestSerializer.Deserialize(bytes, $"Manifest '{manifest}'").Files.Select(f => f.Name);
            return [.. names, TipsManifest.FileName];
        }
        catch (InvalidDataException e)
        {
            throw new IOException($"{e.Message} So --overwrite will not replace its folder.", e);
        }
    }

    // Format 1 had one list for the whole folder. Null if the manifest is not of that format.
    private static List<string>? OlderFormat(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            bool isFormat1 = root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("formatVersion", out var version)
                && version.ValueKind == JsonValueKind.Number
                && version.TryGetInt32(out int number)
                && number == 1;
            if (!isFormat1 || !root.TryGetProperty("files", out var files) || files.ValueKind != JsonValueKind.Array) return null;
            return [.. files.EnumerateArray().Select(file => file.GetProperty("name").GetString() ?? "")];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
