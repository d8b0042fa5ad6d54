using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>A file, its size and its digest.</summary>
/// <param name="Name">File name without a path.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Sha256">SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
internal sealed record ManifestFile(
    [property: JsonRequired] string Name,
    [property: JsonRequired] long Size,
    [property: JsonRequired] string Sha256);
