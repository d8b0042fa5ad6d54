namespace Tips.MLNet.Search;

/// <summary>Where the entries of an index are: in memory or in a file.</summary>
internal interface IIndexContent
{
    /// <summary>Number of entries.</summary>
    int Count { get; }

    /// <summary>Takes the entries as they are now, for a reader: a change during that time copies what it changes.</summary>
    IndexState TakeState();

    /// <summary>Copies a row as it is kept.</summary>
    void CopyRow(int number, Span<float> destination);

    /// <summary>Gets the number of the entry that has an id.</summary>
    bool TryFind(string id, out int number);
}
