namespace Tips.MLNet.Quality;

/// <summary>
/// Disjoint sets of numbers (union by the lower number, path halving: Tarjan and van Leeuwen, 1984). Not thread-safe.
/// </summary>
internal sealed class DisjointSets
{
    private readonly int[] _parents;

    public DisjointSets(int count)
    {
        _parents = new int[count];
        for (int i = 0; i < count; i++) _parents[i] = i;
    }

    public int Count => _parents.Length;

    /// <summary>The lowest number of a set.</summary>
    public int Find(int number)
    {
        while (_parents[number] != number) number = _parents[number] = _parents[_parents[number]];
        return number;
    }

    public void Union(int first, int second)
    {
        int a = Find(first), b = Find(second);
        if (a != b) _parents[Math.Max(a, b)] = Math.Min(a, b);
    }
}
