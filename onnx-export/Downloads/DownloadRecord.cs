using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tips.OnnxExport.Downloads;

/// <summary>What is written beside a download: where it came from and what it is.</summary>
/// <param name="Url">The address.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">SHA-256, computed here.</param>
/// <param name="ETag">The server's tag of the version.</param>
/// <param name="CheckedCrc32C">The server's CRC-32C, which the file has; null if it sent none.</param>
/// <param name="CheckedMd5">The server's MD5, which the file has; null if it sent none.</param>
/// <param name="License">Licence and attribution.</param>
internal sealed record DownloadRecord(string Url, long Length, string Sha256, string? ETag, string? CheckedCrc32C, string? CheckedMd5, string License)
{
    public const string Suffix = ".json";

    /// <summary>The record of a file; null if there is none that can be read.</summary>
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

    /// <summary>Whether a file and its record are there and of the same length, which is all that can be told without reading it.</summary>
    public static bool Fits(string file) => File.Exists(file) && TryRead(file)?.Length == new FileInfo(file).Length;

    public void Write(string file) => AtomicJson.Write(file + Suffix, JsonSerializer.SerializeToUtf8Bytes(this, DownloadJsonContext.Default.DownloadRecord));
}

[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DownloadRecord))]
[JsonSerializable(typeof(PartialState))]
internal sealed partial class DownloadJsonContext : JsonSerializerContext;
