using System.IO.Compression;

namespace Tips.OnnxExport.Downloads;

/// <summary>Checks whether a download is the file it should be.</summary>
internal static class DownloadChecks
{
    /// <summary>Describes what is wrong with a download; null if nothing is.</summary>
    /// <param name="remote">What the server said about the file.</param>
    /// <param name="found">Length and hashes of the download.</param>
    /// <param name="part">Path of the download.</param>
    /// <param name="target">Its final path, whose extension says what kind of file it is.</param>
    public static string? FindProblem(RemoteFile remote, FileHashes found, string part, string target)
    {
        if (remote.Length is { } length && found.Length != length) return $"it has {found.Length} bytes, expected {length}";
        if (remote.Version.Crc32C is { } crc && crc != found.Crc32C) return $"its CRC-32C is {found.Crc32C}, expected {crc}";
        if (remote.Version.Md5 is { } md5 && md5 != found.Md5) return $"its MD5 is {found.Md5}, expected {md5}";
        return FindWrongContent(part, target);
    }

    // A server without checksums may send something else instead of the file.
    private static string? FindWrongContent(string part, string target)
    {
        Span<byte> start = stackalloc byte[64];
        using var stream = File.OpenRead(part);
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.IsEmpty) return "it is empty";
        if (start.TrimStart("\uFEFF \t\r\n"u8).StartsWith("<"u8)) return "it is a web page";
        if (target.EndsWith(".model", StringComparison.Ordinal))
        {
            const byte piecesField = 0x0a; // the first field of a SentencePiece model
            return start[0] == piecesField ? null : "it does not start like a SentencePiece model";
        }

        string extension = Path.GetExtension(target);
        if (extension is not (".npz" or ".zip")) return null;
        if (!start.StartsWith("PK"u8)) return $"it does not start like {Article(extension)} archive";
        try
        {
            stream.Position = 0;
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true); // only reads the end of the archive
            return null;
        }
        catch (InvalidDataException)
        {
            return $"it does not end like {Article(extension)} archive";
        }
    }

    private static string Article(string extension) => extension == ".npz" ? "an .npz" : "a .zip";
}
