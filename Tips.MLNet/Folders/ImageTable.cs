namespace Tips.MLNet.Folders;

/// <summary>Reads a table of pictures: delimited values or JSON lines.</summary>
internal sealed class ImageTable
{
    private static readonly char[] Delimiters = [',', ';', '\t'];

    private readonly string _file;
    private readonly ImageFolderOptions _options;
    private readonly string _folder;

    private ImageTable(string file, ImageFolderOptions options)
    {
        _file = file;
        _options = options;
        _folder = options.ImageFolder ?? Path.GetDirectoryName(file) ?? "";
    }

    /// <summary>The pictures in the order of the table.</summary>
    public static List<ImageFile> Read(string file, ImageFolderOptions options)
    {
        if (options.ImageFolder is { } folder && !Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        return new ImageTable(file, options).Read();
    }

    private List<ImageFile> Read()
    {
        if (Ending is ".jsonl" or ".ndjson" or ".json")
            return TextFile.Read(_file, reader => Read(new JsonLinesReader(reader, _file).ReadRows(), isFile: null));
        char delimiter = Ending is ".tsv" or ".tab" ? '\t' : FindDelimiter();
        return TextFile.Read(_file, reader => Read(new DelimitedReader(reader, delimiter, _file).ReadRows(), IsFile));
    }

    private string Ending => Path.GetExtension(_file).ToLowerInvariant();

    private bool IsFile(string path) => File.Exists(Path.Combine(_folder, path));

    // The one that makes a header of the first row; if none does, the most frequent one, and the error shows what it made.
    private char FindDelimiter()
    {
        string line = TextFile.Read(_file, reader => FirstLine(reader) ?? "");
        char[] candidates = [.. Delimiters.OrderByDescending(delimiter => line.Count(c => c == delimiter))];
        return candidates.Where(IsFirstRow).Append(candidates[0]).First();
    }

    private static string? FirstLine(TextReader reader)
    {
        string? line;
        do line = reader.ReadLine();
        while (line is { Length: 0 });
        return line;
    }

    private bool IsFirstRow(char delimiter)
    {
        try
        {
            var row = TextFile.Read(_file, reader => new DelimitedReader(reader, delimiter, _file).ReadRows().FirstOrDefault());
            return row is not null && TableColumns.IsFirstRow(row, _options, IsFile);
        }
        catch (InvalidDataException)
        {
            return false; // Quotes do not end where they must.
        }
    }

    private List<ImageFile> Read(IEnumerable<TableRow> rows, Func<string, bool>? isFile)
    {
        TableColumns? columns = null;
        List<ImageFile> images = [];
        var names = ClassNames.Read(_options.NamesFile);
        foreach (var row in rows)
        {
            if (columns is null)
            {
                columns = TableColumns.Find(_file, row, _options, isFile);
                if (columns.HasHeader) continue;
            }

            images.Add(Image(row, columns, names));
        }

        return images.Count > 0 ? images : throw new InvalidDataException($"Table '{_file}' has no rows, expected one for each picture.");
    }

    private ImageFile Image(TableRow row, TableColumns columns, ClassNames names)
    {
        int found = row.Cells.Count, expected = columns.Names.Count;
        if (found < expected || row.Cells.Skip(expected).Any(cell => cell?.Length > 0))
        {
            string hint = found > expected ? "; a cell with the delimiter in it must be in quotes" : "";
            throw TextFile.ErrorAt(_file, row.Line, $"has {Cells(found)}, expected {expected}{hint}.");
        }

        string path = Cell(row, columns, columns.Path);
        if (string.IsNullOrWhiteSpace(path))
            throw TextFile.ErrorAt(_file, row.Line, $"has no path in column '{columns.Names[columns.Path]}'.");
        string label = Cell(row, columns, columns.Label), text = Cell(row, columns, columns.Text);
        if (label.Length > 0) label = names.LabelOf(label, () => $"'{_file}', line {row.Line} has label");
        return new ImageFile(Path.Combine(_folder, path), label, text);
    }

    private string Cell(TableRow row, TableColumns columns, int? column)
        => column is not int index
            ? ""
            : row.Cells[index]
                ?? throw TextFile.ErrorAt(_file, row.Line, $"has no text and no number for '{columns.Names[index]}'.");

    private static string Cells(int count) => count == 1 ? "1 cell" : $"{count} cells";
}
