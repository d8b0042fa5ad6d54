namespace Tips.MLNet.Folders;

/// <summary>The endings of file names that say "a picture that can be read".</summary>
internal static class PictureEnding
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Endings = new HashSet<string>(
        [
            ".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".pjp", ".png", ".bmp", ".dib", ".gif", ".webp", ".ico", ".cur",
        ],
        StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a file's name has one of them.</summary>
    public static bool IsOf(string path) => Endings.Contains(Path.GetExtension(path.AsSpan()));
}
