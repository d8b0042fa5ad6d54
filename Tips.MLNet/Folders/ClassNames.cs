namespace Tips.MLNet.Folders;

/// <summary>The names of classes by the codes that folders or tables have for them.</summary>
internal sealed class ClassNames
{
    private readonly string? _file;
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);

    private ClassNames(string? file) => _file = file;

    /// <summary>Reads a file of names, as <see cref="ImageFolderOptions.NamesFile"/> describes it; without one, codes are labels.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line has no name, or a code is there twice.</exception>
    public static ClassNames Read(string? file)
    {
        var names = new ClassNames(file);
        if (file is not null) names.Add(TextFile.Read(file, Entries));
        return names;

        List<(int Line, string Code, string Name)> Entries(TextReader reader) => [.. ReadEntries(reader, file)];
    }

    /// <summary>The label of a code.</summary>
    /// <param name="code">The code.</param>
    /// <param name="where">Begins the message that the code is unknown.</param>
    /// <exception cref="InvalidDataException">The file has no such code.</exception>
    public string LabelOf(string code, Func<string> where)
    {
        if (_file is null) return code;
        return _labels.TryGetValue(code, out string? label)
            ? label
            : throw new InvalidDataException($"{where()} '{code}', which '{_file}' has no name for; expected a line '{code} NAME' there.");
    }

    private static IEnumerable<(int Line, string Code, string Name)> ReadEntries(TextReader reader, string file)
    {
        for (int line = 1; reader.ReadLine() is { } text; line++)
        {
            text = text.Trim();
            if (text.Length == 0 || text.StartsWith('#')) continue;
            int end = text.IndexOf('\t', StringComparison.Ordinal);
            if (end < 0) end = text.AsSpan().IndexOfAny(' ', ',');
            string name = end < 0 ? "" : text[(end + 1)..].Trim();
            if (end <= 0 || name.Length == 0)
                throw TextFile.ErrorAt(file, line, $"is '{text}', expected a code, a tab, space or comma, and a name.");
            yield return (line, text[..end].Trim(), name);
        }
    }

    private void Add(List<(int Line, string Code, string Name)> entries)
    {
        Dictionary<string, int> lines = new(StringComparer.Ordinal);
        var uses = entries.CountBy(entry => entry.Name, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        foreach (var (line, code, name) in entries)
        {
            if (!lines.TryAdd(code, line)) throw TextFile.ErrorAt(_file!, line, $"has the code '{code}' again, after line {lines[code]}.");
            _labels.Add(code, uses[name] > 1 ? $"{name} ({code})" : name);
        }
    }
}
