namespace Tips.MLNet.Folders;

/// <summary>A row of a table.</summary>
/// <param name="Line">The line it starts at, from 1.</param>
/// <param name="Cells">Its cells; null where it has none that is a text or a number.</param>
internal sealed record TableRow(int Line, IReadOnlyList<string?> Cells);
