using Tips.MLNet.Search;

namespace Tips.MLNet.Quality;

/// <summary>
/// Unites the rows of each pair, so that the sets are the connected components. No pair is kept: of equal pictures there may be millions.
/// </summary>
internal sealed class PairUnions(DisjointSets sets, Lock mutex) : IPairCollector<PairUnions>
{
    private const int MostWaiting = 4096;

    private readonly List<(int First, int Second)> _waiting = [];

    public PairUnions CreatePart() => new(sets, mutex);

    public void Add(int first, int second, float similarity)
    {
        _waiting.Add((first, second));
        if (_waiting.Count >= MostWaiting) Unite();
    }

    public void Merge(PairUnions part) => part.Unite();

    private void Unite()
    {
        lock (mutex)
        {
            foreach (var (first, second) in _waiting) sets.Union(first, second);
        }

        _waiting.Clear();
    }
}
