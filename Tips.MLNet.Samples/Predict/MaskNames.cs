namespace Tips.MLNet.Samples.Predict;

/// <summary>Names the files of masks after their pictures, with the subfolders that those are in, and no two alike.</summary>
/// <param name="folder">Folder of the masks.</param>
/// <param name="images">Where the pictures were looked for: a file or a folder; null for the bundled ones.</param>
internal sealed class MaskNames(string folder, string? images)
{
    private const string Ending = ".mask.png";

    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _base = Directory.Exists(images) ? Path.GetFullPath(images)
        : images is null ? AppContext.BaseDirectory : Path.GetDirectoryName(Path.GetFullPath(images))!;

    /// <summary>The file of a picture's mask; its folder is created.</summary>
    public string FileFor(string picture)
    {
        string relative = Path.GetRelativePath(_base, Path.GetFullPath(picture));
        // A table may name pictures anywhere; their masks stay in the folder.
        bool isOutside = Path.IsPathRooted(relative) || relative.StartsWith("..", StringComparison.Ordinal);
        string name = isOutside ? Path.GetFileName(picture) : relative, stem = Path.ChangeExtension(name, null);
        string free = stem;
        if (!_taken.Add(free)) free = name;
        for (int number = 2; free != stem && !_taken.Add(free); number++) free = $"{name}-{number}";
        string file = Path.Combine(folder, free + Ending);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return file;
    }
}
