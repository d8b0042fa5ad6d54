namespace Tips.MLNet.Search;

/// <summary>A state of an index, which stays as it is: rows and entries by the same numbers.</summary>
internal sealed class IndexState(RowSet rows, IndexEntry[][] entryBlocks)
{
    /// <summary>Entries of a block.</summary>
    public const int EntriesPerBlock = 1024;

    public RowSet Rows => rows;

    public int Count => rows.Count;

    public IndexEntry Entry(int number) => entryBlocks[number / EntriesPerBlock][number % EntriesPerBlock];
}
