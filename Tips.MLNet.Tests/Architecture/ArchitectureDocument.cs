namespace Tips.MLNet.Tests.Architecture;

/// <summary>The tables of rooms in docs/architecture.md.</summary>
internal static class ArchitectureDocument
{
    /// <summary>The rooms under a heading and what each may use, in the order of the table.</summary>
    public static IReadOnlyList<(string Room, string[] Knows)> ReadRooms(string heading)
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "architecture.md"));
        var rows = lines.SkipWhile(line => line != heading).SkipWhile(line => !line.StartsWith("|---", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries));
        return [.. rows.Select(cells => (cells[1], cells[3] == "–" ? [] : cells[3].Split(", ")))];
    }
}
