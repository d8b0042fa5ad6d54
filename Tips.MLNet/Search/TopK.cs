using System.Numerics.Tensors;

namespace Tips.MLNet.Search;

/// <summary>
/// Keeps the k nearest of the rows offered to it, as a heap whose root is the worst one kept. Rows are offered in ascending order, and
/// among equally near ones the earlier is kept, so results do not depend on how the rows are split.
/// </summary>
/// <param name="capacity">k.</param>
/// <param name="scale">Similarity is the sum that is offered times this, a positive number.</param>
internal sealed class TopK(int capacity, float scale = 1f)
{
    private readonly (float Sum, int Row)[] _heap = new (float, int)[capacity];
    private int _count;

    /// <summary>Rows kept.</summary>
    public int Count => _count;

    /// <summary>Whether k rows are kept; until then every row is.</summary>
    public bool IsFull => _count == _heap.Length;

    /// <summary>A row must have a larger sum than this to be kept once the heap is full.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    public void Offer(float sum, int row)
    {
        if (_count < _heap.Length)
        {
            int at = _count++;
            for (int parent; at > 0 && IsWorse((sum, row), _heap[parent = (at - 1) / 2]); at = parent) _heap[at] = _heap[parent];
            _heap[at] = (sum, row);
            if (_count == _heap.Length) Threshold = _heap[0].Sum;
        }
        else if (sum > Threshold)
        {
            Sink((sum, row));
            Threshold = _heap[0].Sum;
        }
    }

    /// <summary>Takes over the rows of another heap, which all come after those offered to this one, and empties that heap.</summary>
    public void Merge(TopK later)
    {
        foreach (var (sum, row) in later.Sort()) Offer(sum, row);
        later.Clear();
    }

    /// <summary>Writes the rows kept and their similarities, nearest first, and empties the heap.</summary>
    /// <returns>Number of rows.</returns>
    public int Drain(Span<int> rows, Span<float> similarities)
    {
        var kept = Sort();
        for (int i = 0; i < kept.Length; i++) (similarities[i], rows[i]) = kept[i];
        TensorPrimitives.Multiply(similarities[..kept.Length], scale, similarities[..kept.Length]);
        Clear();
        return kept.Length;
    }

    private static bool IsWorse((float Sum, int Row) a, (float Sum, int Row) b) => a.Sum < b.Sum || (a.Sum == b.Sum && a.Row > b.Row);

    private void Clear()
    {
        _count = 0;
        Threshold = float.NegativeInfinity;
    }

    // Nearest first; among equally near ones, the lower row first. After this it is no longer a heap.
    private Span<(float Sum, int Row)> Sort()
    {
        var kept = _heap.AsSpan(0, _count);
        kept.Sort(static (a, b) => a.Sum == b.Sum ? a.Row.CompareTo(b.Row) : b.Sum.CompareTo(a.Sum));
        return kept;
    }

    private void Sink((float Sum, int Row) entry)
    {
        int at = 0;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= _heap.Length) break;
            if (child + 1 < _heap.Length && IsWorse(_heap[child + 1], _heap[child])) child++;
            if (!IsWorse(_heap[child], entry)) break;
            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = entry;
    }
}
