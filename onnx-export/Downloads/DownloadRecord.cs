using System.Text.Json;
using System.Text.Json.Serialization;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>A small file next to a download that says where it came from and what it is.</summary>
/// <param name="Url">The URL.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Sha256">SHA-256, computed here.</param>
/// <param name="ETag">The server's tag for the version.</param>
/// <param name="CheckedCrc32C">The server's CRC-32C, which the file matches; null if the server sent none.</param>
/// <param name="CheckedMd5">The server's MD5, which the file matches; null if the server sent none.</param>
/// <param name="License">License and attribution.</param>
internal sealed record DownloadRecord(
    string Url, long Length, string Sha256, string? ETag, string? CheckedCrc32C, string? CheckedMd5, string License)
{
    public const string Suffix = ".json";

    /// <summary>The record of a file, or null if there is no readable one.</summary>
    public static DownloadRecord? TryRead(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(AtomicJson.Read(file + Suffix), DownloadJsonContext.Default.DownloadRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a file and its record exist and agree on the length. Only reading the file could tell more.</summary>
    public static bool LooksComplete(string file) => File.Exists(file) && TryRead(file)?.Length == LinkedFile.LengthOf(file);

    public void Write(string file)
        => AtomicJson.Write(file + Suffix, JsonSerializer.SerializeToUtf8Bytes(this, DownloadJsonContext.Default.DownloadRecord));
}

[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DownloadRecord))]
[JsonSerializable(typeof(PartialState))]
internal sealed partial class DownloadJsonContext : JsonSerializerContext;
