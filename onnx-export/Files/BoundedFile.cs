namespace Tips.OnnxExport.Files;

/// <summary>Reads small files completely, up to a limit: a path may name a device that never ends.</summary>
internal static class BoundedFile
{
    /// <param name="path">The file.</param>
    /// <param name="limit">Maximum number of bytes.</param>
    /// <param name="what">What the file is, capitalized, for messages.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is longer.</exception>
    public static byte[] Read(string path, int limit, string what)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no {what.ToLowerInvariant()} '{path}'.", path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        using var content = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (content.Length + read > limit) throw new InvalidDataException($"{what} '{path}' has more than {limit} bytes.");
            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }
}
