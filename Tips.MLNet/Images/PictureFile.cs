namespace Tips.MLNet.Images;

/// <summary>The bytes of a picture file, in an array of the <see cref="BufferPool"/>, which disposing returns.</summary>
internal struct PictureFile : IDisposable
{
    private readonly int _length;
    private byte[]? _rented;

    private PictureFile(byte[] rented, int length) => (_rented, _length) = (rented, length);

    public readonly ReadOnlySpan<byte> Bytes => _rented.AsSpan(0, _length);

    public readonly ReadOnlyMemory<byte> Memory => _rented.AsMemory(0, _length);

    /// <summary>Reads a file. Its first bytes are looked at before there is memory for the others.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a picture, or is too large for one array.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static PictureFile Read(string path)
    {
        if (!File.Exists(path))
        {
            if (Directory.Exists(path)) throw ImageDecoder.Unreadable(path, "it is a folder");
            throw IsDanglingLink(path)
                ? new FileNotFoundException($"There is no picture '{path}': it is a link to a file that does not exist.", path)
                : new FileNotFoundException($"There is no picture '{path}'.", path);
        }

        if (SpecialFile.Describe(path) is { } special) throw ImageDecoder.Unreadable(path, $"it is a {special}, not a file");
        using var handle = File.OpenHandle(path, options: FileOptions.SequentialScan);
        long length = RandomAccess.GetLength(handle);
        if (length > Array.MaxLength)
            throw ImageDecoder.Unreadable(path, $"it has {length:N0} bytes, more than the {Array.MaxLength:N0} that one array holds");
        Span<byte> head = stackalloc byte[FileKind.HeadLength];
        int read = RandomAccess.Read(handle, head, 0);
        ImageDecoder.CheckKind(head[..read], path);
        byte[] rented = BufferPool.Shared.Rent((int)length);
        var file = new PictureFile(rented, (int)length);
        try
        {
            int done = 0;
            while (done < length)
            {
                int count = RandomAccess.Read(handle, rented.AsSpan(done, (int)length - done), done);
                if (count == 0) throw ImageDecoder.Unreadable(path, $"it became shorter while it was read: {done:N0} of {length:N0} bytes");
                done += count;
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_rented is null) return;
        BufferPool.Shared.Return(_rented);
        _rented = null;
    }

    private static bool IsDanglingLink(string path) => path.Length > 0 && !path.Contains('\0') && new FileInfo(path).LinkTarget is not null;
}
