using Tips.MLNet.Images;

namespace Tips.MLNet.Folders;

/// <summary>What was found in folders. Files are opened only if their names leave open whether they are pictures.</summary>
/// <param name="captionEndings">Endings of files that are captions; null if captions are not looked for.</param>
internal sealed class FoundFiles(IReadOnlyList<string>? captionEndings = null)
{
    /// <summary>Paths of pictures.</summary>
    public List<string> Pictures { get; } = [];

    /// <summary>Paths of captions.</summary>
    public List<string> Captions { get; } = [];

    /// <summary>What is no picture, though it may be one for others.</summary>
    public List<SkippedFile> Skipped { get; } = [];

    /// <summary>Adds a file where it belongs, or nowhere.</summary>
    public void Add(string path)
    {
        if (PictureEnding.IsOf(path)) Pictures.Add(path);
        else if (captionEndings?.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase) == true) Captions.Add(path);
        else AddByContent(path);
    }

    private void AddByContent(string path)
    {
        FileKind kind;
        try
        {
            kind = ReadKind(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Skipped.Add(new SkippedFile(path, "unreadable file", $"it cannot be read: {e.Message}"));
            return;
        }

        if (kind.IsReadable) Pictures.Add(path);
        else if (kind.IsPicture) Skipped.Add(new SkippedFile(path, kind.Name, $"its format is {kind.Name}, which is not read"));
    }

    private static FileKind ReadKind(string path)
    {
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        Span<byte> head = stackalloc byte[FileKind.HeadLength];
        int length = 0;
        for (int read; length < head.Length && (read = RandomAccess.Read(file, head[length..], length)) > 0;) length += read;
        return FileKind.Of(head[..length]);
    }
}
