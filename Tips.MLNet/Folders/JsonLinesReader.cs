using System.Text.Json;

namespace Tips.MLNet.Folders;

/// <summary>Reads JSON lines: an object in each line. The properties of the first one are the table's columns.</summary>
internal sealed class JsonLinesReader(TextReader reader, string file)
{
    /// <summary>The names of the columns, and then the rows. Empty lines are passed over.</summary>
    /// <exception cref="InvalidDataException">A line is not an object.</exception>
    public IEnumerable<TableRow> ReadRows()
    {
        string[]? columns = null;
        int line = 0;
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            using var json = Parse(text, line);
            if (columns is null)
            {
                columns = [.. json.RootElement.EnumerateObject().Select(property => property.Name)];
                yield return new TableRow(line, columns);
            }

            yield return new TableRow(line, [.. columns.Select(column => Cell(json.RootElement, column))]);
        }
    }

    // A name or a caption may be null; a label may be a number, which stays as it is written.
    private static string? Cell(JsonElement row, string column)
    {
        if (!row.TryGetProperty(column, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            JsonValueKind.Null => "",
            _ => null,
        };
    }

    private JsonDocument Parse(string text, int line)
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw TextFile.ErrorAt(file, line, $"is not JSON, expected an object in each line: {e.Message}", e);
        }

        if (json.RootElement.ValueKind == JsonValueKind.Object) return json;
        string found = json.RootElement.ValueKind.ToString();
        json.Dispose();
        throw TextFile.ErrorAt(file, line, $"is JSON of the kind {found}, expected an object in each line.");
    }
}
