using System.IO.Compression;

namespace Tips.OnnxExport.Downloads;

/// <summary>Whether what was downloaded is the file.</summary>
internal static class DownloadChecks
{
    /// <summary>What is wrong with a download; null if nothing is.</summary>
    /// <param name="remote">What the server said of the file.</param>
    /// <param name="found">What the download is.</param>
    /// <param name="part">Where it is.</param>
    /// <param name="target">Where it is to go.</param>
    public static string? Fault(RemoteFile remote, FileHashes found, string part, string target)
    {
        if (remote.Length is { } length && found.Length != length) return $"it has {found.Length} bytes, expected {length}";
        if (remote.Version.Crc32C is { } crc && crc != found.Crc32C) return $"its CRC-32C is {found.Crc32C}, expected {crc}";
        if (remote.Version.Md5 is { } md5 && md5 != found.Md5) return $"its MD5 is {found.Md5}, expected {md5}";
        return LooksWrong(part, target);
    }

    // What a server without checksums may send in place of a file.
    private static string? LooksWrong(string part, string target)
    {
        Span<byte> start = stackalloc byte[64];
        using var stream = File.OpenRead(part);
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.IsEmpty) return "it is empty";
        if (start.TrimStart("\uFEFF \t\r\n"u8).StartsWith("<"u8)) return "it is a web page";
        // The first field of a SentencePiece model, its pieces.
        if (target.EndsWith(".model", StringComparison.Ordinal)) return start[0] == 0x0a ? null : "it does not begin as a SentencePiece model does";
        if (!target.EndsWith(".npz", StringComparison.Ordinal)) return null;
        if (!start.StartsWith("PK"u8)) return "it does not begin as an .npz archive does";
        try
        {
            stream.Position = 0;
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true); // reads the end of the archive only
            return null;
        }
        catch (InvalidDataException)
        {
            return "it does not end as an .npz archive does";
        }
    }
}
