namespace Tips.MLNet.Search;

/// <summary>
/// The entries of an index in memory, which can be changed. Callers must synchronize access. States taken from it never change.
/// </summary>
internal sealed class IndexStore(int dimension) : IIndexContent
{
    private readonly RowStore _rows = new(dimension);
    private readonly BlockArray<IndexEntry> _entries = new(IndexState.EntriesPerBlock);
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public int Count => _rows.Count;

    public IndexState TakeState() => new(_rows.Snapshot(), _entries.TakeSnapshot());

    public void CopyRow(int number, Span<float> destination) => _rows.CopyRow(number, destination);

    public bool TryFind(string id, out int number) => _numbers.TryGetValue(id, out number);

    /// <summary>Adds an entry, each value of its row times <paramref name="scale"/>, unless there is one with its id.</summary>
    /// <returns>Whether it was added.</returns>
    public bool TryAdd(IndexEntry entry, ReadOnlySpan<float> row, double scale)
    {
        int number = _rows.Count;
        if (!_numbers.TryAdd(entry.Id, number)) return false;
        try
        {
            _entries.ForAppend(number / IndexState.EntriesPerBlock)[number % IndexState.EntriesPerBlock] = entry;
            _rows.Add(row, scale);
            return true;
        }
        catch
        {
            _numbers.Remove(entry.Id); // no memory for a new block
            throw;
        }
    }

    /// <summary>Replaces the entry that has the same id.</summary>
    /// <param name="entry">The new entry.</param>
    /// <param name="row">Its row.</param>
    /// <param name="scale">Factor of each value of the row.</param>
    /// <param name="inUse">Whether a state taken earlier may still be in use.</param>
    public void Replace(IndexEntry entry, ReadOnlySpan<float> row, double scale, bool inUse)
    {
        int number = _numbers[entry.Id];
        _rows.PrepareChange(number, inUse);
        SetEntry(number, entry, inUse);
        _rows.Replace(number, row, scale, inUse);
    }

    /// <summary>Removes an entry; the last one takes its place.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="inUse">Whether a state taken earlier may still be in use.</param>
    /// <returns>Whether there was one.</returns>
    public bool RemoveBySwap(string id, bool inUse)
    {
        if (!_numbers.TryGetValue(id, out int number)) return false;
        int last = _rows.Count - 1;
        // All memory first, so that the removal cannot fail halfway. The next entry added goes where the last one was, so that block must
        // not be one that a reader holds.
        foreach (int changed in (ReadOnlySpan<int>)[number, last])
        {
            _rows.PrepareChange(changed, inUse);
            _entries.ForChange(changed / IndexState.EntriesPerBlock, inUse);
        }

        var moved = _entries.Peek(last / IndexState.EntriesPerBlock)[last % IndexState.EntriesPerBlock];
        SetEntry(number, moved, inUse);
        _numbers[moved.Id] = number;
        SetEntry(last, default, inUse);
        _numbers.Remove(id);
        _rows.RemoveBySwap(number, inUse);
        return true;
    }

    private void SetEntry(int number, IndexEntry entry, bool inUse)
        => _entries.ForChange(number / IndexState.EntriesPerBlock, inUse)[number % IndexState.EntriesPerBlock] = entry;
}
