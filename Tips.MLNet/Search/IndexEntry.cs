namespace Tips.MLNet.Search;

/// <summary>What an index keeps of an entry besides its row.</summary>
internal readonly record struct IndexEntry(string Id, string? Payload);
