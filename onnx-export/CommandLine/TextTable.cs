using Spectre.Console;

namespace Tips.CommandLine;

/// <summary>
/// A table that fits the width: long names are cut in the middle, and if that is not enough, the least important columns are left out.
/// Cells may hold anything; they are escaped here.
/// </summary>
/// <param name="title">What stands above it; null for nothing.</param>
internal sealed class TextTable(string? title = null)
{
    // Spectre's simple border: a blank at both ends, one between columns, and one on either side of every cell.
    private const int BetweenColumns = 3, Ends = 1, Widest = 10_000;

    /// <summary>No name is cut to less than this as long as there is a column to leave out instead.</summary>
    private const int LeastName = 20;

    private readonly List<Column> _columns = [];
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a column of names, which are cut where they are too long.</summary>
    /// <param name="heading">Its heading.</param>
    /// <param name="importance">Columns with the lowest are left out first, among equals the last; the first column never is.</param>
    public TextTable Name(string heading, int importance) => Add(new Column(heading, importance, IsName: true));

    /// <summary>Adds a column of numbers, which are never cut, at the right of their column.</summary>
    /// <param name="heading">Its heading.</param>
    /// <param name="importance">Columns with the lowest are left out first, among equals the last; the first column never is.</param>
    public TextTable Number(string heading, int importance) => Add(new Column(heading, importance, IsName: false));

    /// <summary>Adds a row: a cell for each column.</summary>
    public void Row(params string[] cells)
    {
        if (cells.Length != _columns.Count) throw new ArgumentException($"Found {cells.Length} cells, expected {_columns.Count}.");
        _rows.Add([.. cells.Select(Printable.Escape)]);
    }

    public void WriteTo(WrappingWriter writer)
    {
        var (columns, widths) = Fit(writer.Layout.Width);
        var table = new Table { Border = TableBorder.Simple };
        if (title is not null) table.Title = new TableTitle(Markup.Escape(title));
        foreach (int i in columns)
        {
            var column = new TableColumn(Markup.Escape(TextWidth.Cut(_columns[i].Heading, widths[i]))).NoWrap();
            table.AddColumn(_columns[i].IsName ? column : column.RightAligned());
        }

        foreach (string[] row in _rows) table.AddRow([.. columns.Select(i => new Text(TextWidth.Cut(row[i], widths[i])))]);
        writer.WriteAsIs(Render(table));
    }

    private static string Render(Table table)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(text),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = Widest; // it fits by itself
        console.Profile.Capabilities.Unicode = true;
        console.Write(table);
        // Blanks at the end of lines are in the way of whoever copies them.
        return string.Concat(text.ToString().Split(Environment.NewLine).SkipLast(1).Select(line => line.TrimEnd() + Environment.NewLine));
    }

    private TextTable Add(Column column)
    {
        _columns.Add(column);
        return this;
    }

    // Which columns are shown, and how wide each is.
    private (List<int> Columns, int[] Widths) Fit(int width)
    {
        List<int> shown = [.. Enumerable.Range(0, _columns.Count)];
        int[] natural = [.. shown.Select(i => _rows.Select(row => TextWidth.Of(row[i])).Append(TextWidth.Of(_columns[i].Heading)).Max())];
        while (true)
        {
            long room = width - Ends - (long)BetweenColumns * shown.Count;
            bool isLast = shown.Count == 1;
            int least = isLast ? 1 : LeastName;
            // Names are cut to the largest length with which everything fits.
            int longest = shown.Max(i => natural[i]);
            long Sum(int limit) => shown.Sum(i => (long)(_columns[i].IsName ? Math.Min(natural[i], limit) : natural[i]));
            while (longest > least && Sum(longest) > room) longest--;
            if (isLast || Sum(longest) <= room)
                return (shown, [.. natural.Select((n, i) => _columns[i].IsName || isLast ? Math.Min(n, longest) : n)]);
            int leastImportant = shown.Skip(1).Reverse().MinBy(i => _columns[i].Importance);
            shown.Remove(leastImportant);
        }
    }

    private sealed record Column(string Heading, int Importance, bool IsName);
}
