using System.Text;

namespace Tips.CommandLine;

/// <summary>Breaks lines between words, so that they fit. Several threads may write.</summary>
/// <param name="inner">Receives the lines.</param>
/// <param name="layout">How wide they may be.</param>
internal sealed class WrappingWriter(TextWriter inner, TextLayout layout) : TextWriter
{
    private readonly StringBuilder _line = new();
    private readonly Lock _lock = new();

    /// <summary>A writer that ignores everything.</summary>
    public static WrappingWriter Nowhere { get; } = new(Null, new TextLayout(TextLayout.Unlimited));

    public TextLayout Layout => layout;

    public override Encoding Encoding => inner.Encoding;

    /// <summary>The writer itself if it wraps, or one that does.</summary>
    public static WrappingWriter Over(TextWriter writer, int widthWithoutTerminal = TextLayout.WithoutTerminal)
        => writer as WrappingWriter ?? new WrappingWriter(writer, TextLayout.Of(writer, widthWithoutTerminal));

    public override void Write(char value)
    {
        lock (_lock) Add(value);
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        lock (_lock)
        {
            foreach (char c in value ?? "") Add(c);
        }
    }

    public override void WriteLine(string? value)
    {
        lock (_lock)
        {
            foreach (char c in value ?? "") Add(c);
            Add('\n');
        }
    }

    /// <summary>Writes text that is laid out already: a table, or a line that will be written over.</summary>
    public void WriteAsIs(string text)
    {
        lock (_lock)
        {
            EndPart();
            inner.Write(text);
        }
    }

    public override void Flush()
    {
        lock (_lock)
        {
            EndPart();
            inner.Flush();
        }
    }

    private void Add(char c)
    {
        if (c != '\n')
        {
            _line.Append(c);
            return;
        }

        if (_line.Length > 0 && _line[^1] == '\r') _line.Length--;
        foreach (string line in WordWrap.Lines(_line.ToString(), layout.Width)) inner.WriteLine(line);
        _line.Clear();
    }

    // What has no end of line yet.
    private void EndPart()
    {
        foreach (string line in WordWrap.Lines(_line.ToString(), TextLayout.Unlimited)) inner.Write(line);
        _line.Clear();
    }
}
