namespace Tips.MLNet.Text;

/// <summary>
/// A trie of byte strings and their ids, for prefix search. It is a double array: the child of state s for byte b is at
/// <c>base(s) xor b</c> and stores s as its parent. Immutable and thread-safe.
/// </summary>
internal sealed class PieceTrie
{
    /// <summary>The state before the first byte.</summary>
    public const int Root = 0;

    /// <summary>How many taken cells a search for a base may pass before later searches start after them.</summary>
    private const int MaximumMisses = 256;

    private Cell[] _cells = new Cell[1 << 10];
    private int _firstFree = 1, _branchFrom = 1;

    /// <param name="pieces">Distinct, non-empty byte strings and their ids.</param>
    public PieceTrie(IEnumerable<(byte[] Text, int Id)> pieces)
    {
        Array.Fill(_cells, Cell.Free);
        _cells[Root] = new Cell { Parent = Root, Id = -1 };
        var byBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));
        (byte[] Text, int Id)[] sorted = [.. pieces.OrderBy(p => p.Text, byBytes)];
        var pending = new Queue<Node>();
        if (sorted.Length > 0) pending.Enqueue(new Node(Root, 0, sorted.Length, 0));
        while (pending.TryDequeue(out var node)) AddChildren(sorted, node, pending);
    }

    /// <summary>Moves to the next state.</summary>
    /// <param name="state">The state; set to the next one if there is one.</param>
    /// <param name="next">The next byte.</param>
    /// <returns>Whether any string continues like this.</returns>
    public bool TryMove(ref int state, byte next)
    {
        int child = _cells[state].Base ^ next;
        if ((uint)child >= (uint)_cells.Length || _cells[child].Parent != state || child == Root) return false;
        state = child;
        return true;
    }

    /// <summary>Id of the string that ends at a state, or −1.</summary>
    public int IdAt(int state) => _cells[state].Id;

    /// <summary>Id of a string, or −1 if it is not in the trie.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        int state = Root;
        foreach (byte next in text)
        {
            if (!TryMove(ref state, next)) return -1;
        }

        return IdAt(state);
    }

    /// <summary>Length of the longest string that <paramref name="text"/> starts with, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text)
    {
        int state = Root, longest = 0;
        for (int i = 0; i < text.Length && TryMove(ref state, text[i]); i++)
        {
            if (IdAt(state) >= 0) longest = i + 1;
        }

        return longest;
    }

    // Finds a place for the children of a state, and queues them.
    private void AddChildren((byte[] Text, int Id)[] sorted, Node node, Queue<Node> pending)
    {
        var (state, start, end, depth) = node;
        if (sorted[start].Text.Length == depth)
        {
            _cells[state].Id = sorted[start].Id;
            start++;
        }

        if (start == end) return;
        Span<byte> labels = stackalloc byte[256];
        int count = 0;
        for (int i = start; i < end; i++)
        {
            byte label = sorted[i].Text[depth];
            if (count == 0 || labels[count - 1] != label) labels[count++] = label;
        }

        int parentBase = FindBase(labels[..count]);
        _cells[state].Base = parentBase;
        foreach (byte label in labels[..count]) _cells[parentBase ^ label] = new Cell { Parent = state, Id = -1 };
        for (int i = start; i < end;)
        {
            byte label = sorted[i].Text[depth];
            int next = i;
            while (next < end && sorted[next].Text[depth] == label) next++;
            pending.Enqueue(new Node(parentBase ^ label, i, next, depth + 1));
            i = next;
        }
    }

    // Finds a base that puts every label on a free cell. A single label fits anywhere. For several, the search skips the cells where
    // earlier searches failed often, so that building stays linear in the number of states.
    private int FindBase(ReadOnlySpan<byte> labels)
    {
        while (_firstFree < _cells.Length && _cells[_firstFree].Parent >= 0) _firstFree++;
        _branchFrom = Math.Max(_branchFrom, _firstFree);
        int steps = 0;
        for (int free = labels.Length == 1 ? _firstFree : _branchFrom; ; free++, steps++)
        {
            if (steps == MaximumMisses)
            {
                if (labels.Length > 1) _branchFrom = free;
                steps = 0;
            }

            if (free >= _cells.Length) Grow();
            if (_cells[free].Parent >= 0) continue;
            int candidate = free ^ labels[0];
            while ((candidate | 0xFF) >= _cells.Length) Grow();
            bool fits = true;
            foreach (byte label in labels)
            {
                int cell = candidate ^ label;
                if (cell == Root || _cells[cell].Parent >= 0)
                {
                    fits = false;
                    break;
                }
            }

            if (fits) return candidate;
        }
    }

    private void Grow()
    {
        int old = _cells.Length;
        Array.Resize(ref _cells, old * 2);
        Array.Fill(_cells, Cell.Free, old, old);
    }

    /// <summary>The strings [Start, End) share their first Depth bytes, which lead to State.</summary>
    private readonly record struct Node(int State, int Start, int End, int Depth);

    private struct Cell
    {
        public static Cell Free => new() { Parent = -1, Id = -1 };

        public int Base;
        public int Parent;
        public int Id;
    }
}
