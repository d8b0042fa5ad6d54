namespace Tips.OnnxExport.Downloads;

/// <summary>What a server says of a file.</summary>
/// <param name="Url">The address.</param>
/// <param name="Length">Bytes; null if the server does not tell.</param>
/// <param name="ETag">Tag of the version; null if there is none, or a weak one.</param>
/// <param name="Hashes">Checksums of the whole file.</param>
/// <param name="AcceptsRanges">Whether parts can be asked for.</param>
internal sealed record RemoteFile(Uri Url, long? Length, string? ETag, ObjectHashes Hashes, bool AcceptsRanges);
