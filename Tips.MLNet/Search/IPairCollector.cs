namespace Tips.MLNet.Search;

/// <summary>Takes pairs of rows that several threads find, each thread into a part of its own.</summary>
/// <typeparam name="TSelf">The collector's own type.</typeparam>
internal interface IPairCollector<TSelf>
    where TSelf : IPairCollector<TSelf>
{
    /// <summary>One thread's share; <see cref="Merge"/> adds it to the whole.</summary>
    TSelf CreatePart();

    /// <summary>Takes a pair. Not thread-safe.</summary>
    /// <param name="first">The lower row.</param>
    /// <param name="second">The other.</param>
    /// <param name="similarity">Their dot product.</param>
    void Add(int first, int second, float similarity);

    /// <summary>Takes over a part that is complete. Thread-safe.</summary>
    void Merge(TSelf part);
}
