namespace Tips.MLNet.Folders;

/// <summary>Which columns of a table hold what.</summary>
/// <param name="HasHeader">Whether the first row has names.</param>
/// <param name="Names">The names of the columns, or their numbers from 1 if they have none.</param>
/// <param name="Path">The column of paths.</param>
/// <param name="Label">The column of labels; null if there is none.</param>
/// <param name="Text">The column of texts; null if there is none.</param>
internal sealed record TableColumns(bool HasHeader, IReadOnlyList<string> Names, int Path, int? Label, int? Text)
{
    private static readonly string[] PathNames =
        ["path", "file", "file_name", "filename", "filepath", "file_path", "image", "image_path", "img"];

    private static readonly string[] LabelNames = ["label", "class", "category", "target", "class_name"];
    private static readonly string[] TextNames = ["text", "caption", "description", "title", "sentence"];

    /// <summary>Finds the columns.</summary>
    /// <param name="file">The table's path, for messages.</param>
    /// <param name="first">The first row.</param>
    /// <param name="options">Which columns the caller wants.</param>
    /// <param name="isFile">Whether a path in the table is that of a file; null if the table has a header for sure.</param>
    /// <exception cref="InvalidDataException">There is no column of paths, or neither labels nor texts among other columns.</exception>
    public static TableColumns Find(string file, TableRow first, ImageFolderOptions options, Func<string, bool>? isFile)
    {
        string[] names = [.. first.Cells.Select(cell => (cell ?? "").Trim())];
        if (HasNoHeader(first, names, options, isFile))
        {
            string[] numbers = [.. Enumerable.Range(1, names.Length).Select(number => $"{number}")];
            return new TableColumns(false, numbers, 0, names.Length > 1 ? 1 : null, null);
        }

        int path = IndexOf(file, first, names, options.PathColumn, PathNames)
            ?? throw Missing(file, first, names, "of paths", PathNames, nameof(ImageFolderOptions.PathColumn));
        int? label = IndexOf(file, first, names, options.LabelColumn, LabelNames);
        int? text = IndexOf(file, first, names, options.TextColumn, TextNames);
        return label is null && text is null && names.Length > 1 && !options.PathsOnly
            ? throw Missing(file, first, names, "of labels or texts", [.. LabelNames, .. TextNames], nameof(ImageFolderOptions.LabelColumn))
            : new TableColumns(true, names, path, label, text);
    }

    /// <summary>Whether a row looks like the first of a table, which tells its delimiter.</summary>
    public static bool IsFirstRow(TableRow row, ImageFolderOptions options, Func<string, bool> isFile)
    {
        string[] known = options.PathColumn is { } column ? [column] : PathNames;
        return row.Cells.Any(cell => known.Contains(cell?.Trim(), StringComparer.OrdinalIgnoreCase))
            || (options.PathColumn is null && row.Cells[0] is { Length: > 0 } path && isFile(path));
    }

    private static bool HasNoHeader(TableRow first, string[] names, ImageFolderOptions options, Func<string, bool>? isFile)
        => isFile is not null
            && options.PathColumn is null && options.LabelColumn is null && options.TextColumn is null
            && !PathNames.Contains(names[0], StringComparer.OrdinalIgnoreCase)
            && first.Cells[0] is { Length: > 0 } path && isFile(path);

    private static int? IndexOf(string file, TableRow first, string[] names, string? wanted, string[] known)
    {
        if (wanted is not null)
        {
            int index = Array.IndexOf(names, wanted);
            if (index < 0) index = Array.FindIndex(names, name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase));
            return index >= 0
                ? index
                : throw TextFile.ErrorAt(file, first.Line, $"has no column '{wanted}'; its columns are {Quoted(names)}.");
        }

        int[] indices = [.. known.Select(name => Array.FindIndex(names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase)))];
        return indices.Any(i => i >= 0) ? indices.First(i => i >= 0) : null;
    }

    private static InvalidDataException Missing(string file, TableRow first, string[] names, string what, string[] known, string option)
        => TextFile.ErrorAt(
            file,
            first.Line,
            $"has no column {what}; its columns are {Quoted(names)}, expected one of {string.Join(", ", known)}, or its name as {option}.");

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
