using Tips.MLNet.Encoders;
using Tips.MLNet.Store;

namespace Tips.MLNet.Transforms;

/// <summary>
/// The embeddings of a block of rows, some of them from a store. The others run without gaps between them, in the places of a batch.
/// </summary>
/// <param name="kept">The store.</param>
/// <param name="capacity">Most rows of a block.</param>
/// <param name="batchSize">Most rows that run together.</param>
/// <param name="length">Length of an embedding.</param>
internal sealed class StoredRows(KeptEmbeddings kept, int capacity, int batchSize, int length)
{
    private readonly float[] _embeddings = new float[capacity * length];
    private readonly StoreKey[] _keys = new StoreKey[capacity];
    private readonly bool[] _isFound = new bool[capacity];
    private readonly int[] _rows = new int[capacity]; // of each place
    private int _done;

    public EmbeddingStore Store => kept.Store;

    /// <summary>Places that are taken.</summary>
    public int PlaceCount { get; private set; }

    /// <summary>Begins another block.</summary>
    public void Begin()
    {
        (PlaceCount, _done) = (0, 0);
        Array.Clear(_isFound);
    }

    /// <summary>Looks up a row by the hash of what it embeds. Different rows may be looked up at the same time.</summary>
    public bool TryFind(int row, in StoreKey content) => TryFindKey(row, kept.Keys.For(content));

    /// <summary>Looks up a row by the text that it embeds.</summary>
    public bool TryFind(int row, ReadOnlySpan<char> text) => TryFindKey(row, kept.Keys.For(text));

    public bool IsFound(int row) => _isFound[row];

    /// <summary>Takes the next place for a row that was looked up and not found. Rows come in their order.</summary>
    public int TakePlace(int row)
    {
        _rows[PlaceCount] = row;
        return PlaceCount++;
    }

    /// <summary>Runs the rows before <paramref name="end"/> that have places, and puts their embeddings into the store.</summary>
    public void Run<TItem>(EmbeddingBatch<TItem> batch, int end)
    {
        while (_done < PlaceCount && _rows[_done] < end)
        {
            int start = _done, count = Math.Min(batchSize, PlaceCount - start);
            batch.Run(start, count);
            for (int place = start; place < start + count; place++)
            {
                int row = _rows[place];
                batch.CopyEmbedding(place, EmbeddingOf(row));
                kept.Store.Add(_keys[row], EmbeddingOf(row));
            }

            _done += count;
        }
    }

    public void CopyEmbedding(int row, Span<float> destination) => EmbeddingOf(row).CopyTo(destination);

    private bool TryFindKey(int row, StoreKey key)
    {
        _keys[row] = key;
        return _isFound[row] = kept.Store.TryGet(key, EmbeddingOf(row));
    }

    private Span<float> EmbeddingOf(int row) => _embeddings.AsSpan(row * length, length);
}
