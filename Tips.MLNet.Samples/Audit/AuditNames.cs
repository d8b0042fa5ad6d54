namespace Tips.MLNet.Samples.Audit;

/// <summary>Short names of pictures for people.</summary>
internal static class AuditNames
{
    /// <summary>The path within the folder that was given, because files in different subfolders may have the same name.</summary>
    public static string Of(string path, AuditRequest request)
    {
        foreach (string? input in (string?[])[request.Images, request.Test])
        {
            if (input is null || !Directory.Exists(input)) continue;
            string relative = Path.GetRelativePath(input, path);
            if (!Path.IsPathRooted(relative) && !relative.StartsWith("..", StringComparison.Ordinal)) return relative;
        }

        return Path.GetFileName(path);
    }
}
