namespace Tips.MLNet.Search;

/// <summary>A state of an index, which never changes: rows and entries under the same numbers.</summary>
internal sealed class IndexState
{
    /// <summary>Entries of a block in memory.</summary>
    public const int EntriesPerBlock = 1024;

    private readonly IndexEntry[][]? _blocks;
    private readonly MappedEntries? _mapped;

    public IndexState(RowSet rows, IndexEntry[][] entryBlocks) => (Rows, _blocks) = (rows, entryBlocks);

    public IndexState(RowSet rows, MappedEntries entries) => (Rows, _mapped) = (rows, entries);

    public RowSet Rows { get; }

    public int Count => Rows.Count;

    public string Id(int number) => _mapped is null ? Entry(number).Id : _mapped.IdOf(number);

    public IndexEntry Entry(int number)
        => _blocks is not null ? _blocks[number / EntriesPerBlock][number % EntriesPerBlock] : _mapped![number];
}
