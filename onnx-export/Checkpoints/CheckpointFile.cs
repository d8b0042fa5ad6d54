namespace Tips.OnnxExport.Checkpoints;

/// <summary>Opens checkpoint files of either format.</summary>
internal static class CheckpointFile
{
    private const int MaximumKeyLength = 512;

    /// <summary>
    /// Opens an <c>.npz</c> or a <c>.safetensors</c> file, which the first bytes tell apart, or the index of a checkpoint in shards.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="namesBad">
    /// Whether an array of an <c>.npz</c> file that cannot be read is only named, in <see cref="ICheckpoint.Others"/>.
    /// </param>
    /// <exception cref="CheckpointException">The file is neither, or it is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static ICheckpoint Open(string path, bool namesBad = false)
    {
        if (path.EndsWith(ShardedCheckpoint.IndexSuffix, StringComparison.Ordinal)) return ShardedCheckpoint.Open(path);
        Span<byte> start = stackalloc byte[9];
        using (var stream = OpenRead(path)) start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8)) return NpzCheckpoint.Open(path, namesBad);
        // A safetensors file starts with an eight-byte length and a JSON object.
        if (start.Length == 9 && start[8] == (byte)'{') return SafetensorsCheckpoint.Open(path);
        if (start.TrimStart(" \t\r\n"u8).StartsWith("<"u8))
        {
            throw new CheckpointException(
                $"Checkpoint '{path}' is a web page, expected an .npz or a .safetensors file. "
                + "Was it downloaded without signing in, or from the wrong address?");
        }

        throw new CheckpointException($"Checkpoint '{path}' is neither an .npz nor a .safetensors file.");
    }

    /// <summary>Describes a key that is longer than any real one; null if its length is fine.</summary>
    public static string? DescribeIfTooLong(string key) => key.Length <= MaximumKeyLength
        ? null
        : $"'{key[..80]}…' of {key.Length} characters, expected at most {MaximumKeyLength}";

    /// <exception cref="CheckpointException">The path is a folder.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FileStream OpenRead(string path)
    {
        if (Directory.Exists(path)) throw new CheckpointException($"Checkpoint '{path}' is a folder, expected a file.");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no checkpoint '{path}'.", path);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
    }
}
