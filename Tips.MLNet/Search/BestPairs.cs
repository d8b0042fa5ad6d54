namespace Tips.MLNet.Search;

/// <summary>Keeps the most similar of the pairs that several threads find.</summary>
internal sealed class BestPairs(int capacity) : IPairCollector<BestPairs>
{
    // The root is the worst pair kept: the least similar one, and among equals the last.
    private readonly PriorityQueue<(int First, int Second), Rank> _heap = new();
    private readonly Lock _lock = new();

    public BestPairs CreatePart() => new(capacity);

    public void Add(int first, int second, float similarity)
    {
        var rank = new Rank(similarity, first, second);
        if (_heap.Count < capacity) _heap.Enqueue((first, second), rank);
        else _heap.EnqueueDequeue((first, second), rank);
    }

    public void Merge(BestPairs part)
    {
        lock (_lock)
        {
            foreach (var (pair, rank) in part._heap.UnorderedItems) Add(pair.First, pair.Second, rank.Similarity);
        }
    }

    public IReadOnlyList<(int First, int Second, float Similarity)> ToSorted()
        => [.. _heap.UnorderedItems.OrderByDescending(i => i.Priority).Select(
            i => (i.Element.First, i.Element.Second, i.Priority.Similarity))];

    private readonly record struct Rank(float Similarity, int First, int Second) : IComparable<Rank>
    {
        public int CompareTo(Rank other) => Similarity != other.Similarity ? Similarity.CompareTo(other.Similarity)
            : First != other.First ? other.First.CompareTo(First)
            : other.Second.CompareTo(Second);
    }
}
