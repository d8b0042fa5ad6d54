using System.Text;

namespace Tips.MLNet.Folders;

/// <summary>
/// Reads comma- or tab-separated values as RFC 4180 says. Line breaks of all systems count, and empty lines are passed over.
/// </summary>
/// <remarks>.NET's own TextFieldParser drops empty lines within quotes and spaces before them.</remarks>
internal sealed class DelimitedReader(TextReader reader, char delimiter, string file)
{
    private const int End = -1;

    private readonly StringBuilder _cell = new();
    private int _line = 1;
    private int _column = 1;

    /// <summary>The rows of the table, the header among them.</summary>
    /// <exception cref="InvalidDataException">A quote does not end, or ends before its cell does.</exception>
    public IEnumerable<TableRow> ReadRows()
    {
        while (reader.Peek() != End)
        {
            int line = _line;
            if (IsLineBreak(reader.Peek()))
            {
                ReadLineBreak();
                continue;
            }

            List<string> cells = [ReadCell()];
            while (reader.Peek() == delimiter)
            {
                Next();
                cells.Add(ReadCell());
            }

            if (reader.Peek() != End) ReadLineBreak();
            yield return new TableRow(line, cells);
        }
    }

    private static bool IsLineBreak(int character) => character is '\r' or '\n';

    private string ReadCell()
    {
        _cell.Clear();
        if (reader.Peek() == '"')
        {
            ReadQuoted();
            int next = reader.Peek();
            if (!IsEndOfCell(next))
                throw Error(_line, _column, $"has '{(char)next}' after a cell in quotes, expected {DelimiterName} or a line break.");
        }
        else
        {
            while (!IsEndOfCell(reader.Peek())) _cell.Append(Next());
        }

        return _cell.ToString();
    }

    private void ReadQuoted()
    {
        int line = _line, column = _column;
        Next();
        while (true)
        {
            if (reader.Peek() == End) throw Error(line, column, "has a quote that does not end.");
            char character = Next();
            if (character == '"')
            {
                if (reader.Peek() != '"') return;
                Next();
            }

            _cell.Append(character);
        }
    }

    private bool IsEndOfCell(int character) => character == End || character == delimiter || IsLineBreak(character);

    private string DelimiterName => delimiter switch { ',' => "a comma", ';' => "a semicolon", _ => "a tab" };

    private void ReadLineBreak()
    {
        if (Next() == '\r' && reader.Peek() == '\n') Next();
    }

    private char Next()
    {
        char character = (char)reader.Read();
        // Of \r\n the second ends the line.
        if (character == '\n' || (character == '\r' && reader.Peek() != '\n')) (_line, _column) = (_line + 1, 1);
        else _column++;
        return character;
    }

    private InvalidDataException Error(int line, int column, string message) => new($"'{file}', line {line}, column {column} {message}");
}
