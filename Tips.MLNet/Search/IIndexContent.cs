namespace Tips.MLNet.Search;

/// <summary>Where the entries of an index are: in memory or in a file.</summary>
internal interface IIndexContent
{
    /// <summary>The entries as they are now.</summary>
    IndexState State { get; }

    /// <summary>Gets the number of the entry that has an id.</summary>
    bool TryFind(string id, out int number);
}
