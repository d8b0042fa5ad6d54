using System.Numerics.Tensors;
using System.Text;
using Tips.MLNet.Search;

namespace Tips.MLNet;

/// <summary>
/// Embeddings by id, searched by cosine: exact, on all cores, in memory (4 · dimension bytes per entry, plus its strings) or in a file
/// that is mapped into memory. Needs no ML.NET pipeline.
/// </summary>
/// <remarks>
/// <para>Embeddings are stored at unit length. An embedding of zeros, such as that of an empty text, has cosine 0 with everything.</para>
/// <para>Thread safety: every member may be called from several threads at once. A search, a save or a listing sees the index as it was
/// when the call began, whatever is added or removed in the meantime.</para>
/// <para>Disposal: only an index that <see cref="OpenMapped"/> opened has something to dispose: its file. Searches in progress end
/// normally; later calls throw <see cref="ObjectDisposedException"/>.</para>
/// </remarks>
public sealed class EmbeddingIndex : IDisposable
{
    private readonly Lock _lock = new();
    private readonly IndexStore? _store;
    private readonly MappedIndex? _mapped;
    private int _readers;
    private bool _disposed;
    private string _description = "";

    /// <summary>Makes an empty index.</summary>
    /// <param name="dimension">Length of the embeddings, 1 to 16,777,215.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is out of range.</exception>
    public EmbeddingIndex(int dimension) => (Dimension, _store) = (dimension, new IndexStore(dimension));

    private EmbeddingIndex(MappedIndex mapped) => (Dimension, _mapped, _description) = (mapped.Dimension, mapped, mapped.Description);

    /// <summary>Length of the embeddings.</summary>
    public int Dimension { get; }

    /// <summary>
    /// Any text about the whole index, saved with it: the model that its embeddings are from, say. Empty unless it was set.
    /// </summary>
    /// <exception cref="ArgumentException">The text has a lone surrogate.</exception>
    /// <exception cref="InvalidOperationException">It is set, but the index is read-only.</exception>
    public string Description
    {
        get => Volatile.Read(ref _description);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Writable();
            CheckText(value, nameof(value));
            Volatile.Write(ref _description, value);
        }
    }

    /// <summary>Number of entries.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return Content.Count;
        }
    }

    /// <summary>Whether the index is a mapped file, which cannot be changed.</summary>
    public bool IsReadOnly => _mapped is not null;

    /// <summary>The ids, in the order of the index, as they are now.</summary>
    public IReadOnlyList<string> Ids => Read(state =>
    {
        string[] ids = new string[state.Count];
        for (int i = 0; i < ids.Length; i++) ids[i] = state.Id(i);
        return ids;
    });

    /// <summary>Adds an entry.</summary>
    /// <param name="id">Its id, which no other entry may have.</param>
    /// <param name="embedding">Its embedding, normalized or not.</param>
    /// <param name="payload">Any text to return with it when it is found.</param>
    /// <exception cref="ArgumentException">
    /// The index has the id already, a string has a lone surrogate, or the embedding has the wrong length or a value that is not finite.
    /// </exception>
    /// <exception cref="InvalidOperationException">The index is read-only.</exception>
    public void Add(string id, ReadOnlySpan<float> embedding, string? payload = null)
    {
        var store = Check(id, embedding, payload);
        double scale = ExactSearch.InverseNorm(embedding);
        lock (_lock)
        {
            if (!store.TryAdd(new IndexEntry(id, payload), embedding, scale))
                throw new ArgumentException($"The index has an entry '{id}' already.", nameof(id));
        }
    }

    /// <summary>Adds an entry, or replaces the one with the same id, keeping its place in the order.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="embedding">Its embedding, normalized or not.</param>
    /// <param name="payload">Any text to return with it when it is found.</param>
    /// <returns>Whether the entry is new.</returns>
    /// <exception cref="ArgumentException">
    /// A string has a lone surrogate, or the embedding has the wrong length or a value that is not finite.
    /// </exception>
    /// <exception cref="InvalidOperationException">The index is read-only.</exception>
    public bool Upsert(string id, ReadOnlySpan<float> embedding, string? payload = null)
    {
        var store = Check(id, embedding, payload);
        var entry = new IndexEntry(id, payload);
        double scale = ExactSearch.InverseNorm(embedding);
        lock (_lock)
        {
            if (store.TryAdd(entry, embedding, scale)) return true;
            store.Replace(entry, embedding, scale, InUse);
            return false;
        }
    }

    /// <summary>Removes an entry; the last one takes its place in the order.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidOperationException">The index is read-only.</exception>
    public bool Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var store = Writable();
        lock (_lock) return store.RemoveBySwap(id, InUse);
    }

    /// <summary>Whether there is an entry.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Whether the index has it.</returns>
    public bool Contains(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        lock (_lock)
        {
            return Content.TryFind(id, out _);
        }
    }

    /// <summary>Copies an entry's embedding, which is of unit length.</summary>
    /// <param name="id">The id.</param>
    /// <param name="embedding">Receives <see cref="Dimension"/> values.</param>
    /// <returns>Whether there is such an entry.</returns>
    /// <exception cref="ArgumentException">The span has the wrong length.</exception>
    public bool TryGetEmbedding(string id, Span<float> embedding)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (embedding.Length != Dimension)
            throw new ArgumentException($"There is room for {embedding.Length} values, expected {Dimension}.", nameof(embedding));
        lock (_lock)
        {
            if (!Content.TryFind(id, out int number)) return false;
            Content.CopyRow(number, embedding);
            return true;
        }
    }

    /// <summary>Finds the entries nearest to a query, on all cores.</summary>
    /// <param name="query">An embedding, normalized or not.</param>
    /// <param name="count">Entries to find, at least 1; all if there are fewer.</param>
    /// <param name="filter">
    /// Decides by id and payload whether an entry may be returned; null accepts all. The result is exact among the accepted entries. The
    /// filter is called only for entries that would otherwise be returned, from several threads at once, and may call this index.
    /// </param>
    /// <returns>The entries, nearest first; a tie goes to the entry that comes first in the index.</returns>
    /// <exception cref="ArgumentException">The query has the wrong length or a value that is not finite.</exception>
    public IReadOnlyList<SearchResult> Search(ReadOnlySpan<float> query, int count, Func<string, string?, bool>? filter = null)
    {
        if (query.Length != Dimension)
            throw new ArgumentException($"The query has {query.Length} values, expected {Dimension}.", nameof(query));
        if (!TensorPrimitives.IsFiniteAll(query)) throw new ArgumentException("The query has a value that is not finite.", nameof(query));
        return SearchMany(query.ToArray(), count, filter)[0];
    }

    /// <summary>Finds the entries nearest to each of many queries, on all cores.</summary>
    /// <param name="queries">Embeddings, one after another, normalized or not.</param>
    /// <param name="count">Entries to find for each, at least 1; all if there are fewer.</param>
    /// <param name="filter">Decides by id and payload whether an entry may be returned, as in <see cref="Search"/>.</param>
    /// <returns>The entries for each query, nearest first; a tie goes to the entry that comes first in the index.</returns>
    /// <exception cref="ArgumentException">
    /// The number of values is not a multiple of the dimension, a value is not finite, or there would be more results than one array holds.
    /// </exception>
    public IReadOnlyList<IReadOnlyList<SearchResult>> SearchMany(
        ReadOnlyMemory<float> queries, int count, Func<string, string?, bool>? filter = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (queries.Length % Dimension != 0)
            throw new ArgumentException($"The queries have {queries.Length} values, expected a multiple of {Dimension}.", nameof(queries));
        if (!queries.IsEmpty && !TensorPrimitives.IsFiniteAll(queries.Span))
            throw new ArgumentException("The queries have a value that is not finite.", nameof(queries));
        int queryCount = queries.Length / Dimension;
        return Read(state =>
        {
            int k = Math.Min(count, state.Count);
            if (k == 0) return Array.ConvertAll(new int[queryCount], _ => Array.Empty<SearchResult>());
            if ((long)queryCount * k > Array.MaxLength)
            {
                throw new ArgumentException(
                    $"{queryCount} queries for {k} entries each give more results than {Array.MaxLength:N0}; search in parts.",
                    nameof(queries));
            }

            Func<int, bool>? accept = filter is null ? null : Accept;
            var best = ExactSearch.Run(new SearchRequest(state.Rows, queries, queryCount, k, accept), DistanceMetric.Cosine);
            return Array.ConvertAll(best, kept => Results(kept, state));

            bool Accept(int number)
            {
                var entry = state.Entry(number);
                return filter(entry.Id, entry.Payload);
            }
        });
    }

    /// <summary>Finds near duplicates: pairs of entries at least as similar as a threshold. Compares every pair of entries.</summary>
    /// <param name="threshold">
    /// Minimum cosine, −1 to 1, such as 0.95. A tolerance of 1e-7 · √dimension allows for rounding, so 1 finds equal embeddings.
    /// </param>
    /// <param name="maximumCount">Maximum number of pairs to return, the most similar ones; at least 1.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The pairs, most similar first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public IReadOnlyList<SimilarPair> FindSimilarPairs(
        float threshold, int maximumCount = 1_000_000, CancellationToken cancellationToken = default)
    {
        if (!(threshold is >= -1 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold must be a cosine, from -1 to 1.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumCount);
        float least = threshold - ExactSearch.CosineRounding(Dimension);
        return Read(state => (SimilarPair[])
        [
            .. SimilarRows.Find(state.Rows, least, maximumCount, cancellationToken)
                .Select(p => new SimilarPair(state.Id(p.First), state.Id(p.Second), Math.Clamp(p.Similarity, -1f, 1f))),
        ]);
    }

    /// <summary>Writes the index to a file, under another name first, so that an old index is kept until the new one is complete.</summary>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <param name="cancellationToken">Stops the writing; nothing is left behind.</param>
    /// <exception cref="IOException">The file cannot be written, or its folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder may not be written.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public void Save(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IndexFile.Write(path, stream => Save(stream, cancellationToken));
    }

    /// <summary>Writes the index into a stream.</summary>
    /// <param name="stream">The stream; it need not be seekable, and is left open.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public void Save(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Read(state =>
        {
            IndexWriter.Write(stream, state, Description, cancellationToken);
            return true;
        });
    }

    /// <summary>Loads into memory an index that <see cref="Save(string, CancellationToken)"/> wrote, and checks every byte.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The index, identical in every bit.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not an index, or is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static EmbeddingIndex Load(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = IndexFile.OpenRead(path);
        return Load(stream, $"Index '{path}'", wholeStream: true, cancellationToken);
    }

    /// <summary>Loads into memory an index that <see cref="Save(Stream, CancellationToken)"/> wrote, and checks every byte.</summary>
    /// <param name="stream">The stream; it need not be seekable, is read up to the end of the index, and is left open.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The index, identical in every bit.</returns>
    /// <exception cref="InvalidDataException">The stream does not hold an index, or the index is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static EmbeddingIndex Load(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Load(stream, "The index", wholeStream: false, cancellationToken);
    }

    /// <summary>
    /// Opens an index file for searching without reading it: its rows are mapped into memory, and the system loads and shares them as they
    /// are needed. The header and the ids are checked now, the rows by <see cref="Verify"/>. The index is read-only.
    /// </summary>
    /// <param name="path">The file; it must not be changed while the index is open.</param>
    /// <returns>The index; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not an index, or its header or ids are damaged.</exception>
    public static EmbeddingIndex OpenMapped(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new EmbeddingIndex(MappedIndex.Open(path));
    }

    /// <summary>Reads all rows of a mapped file and checks them against the hash in it. Does nothing for an index in memory.</summary>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="InvalidDataException">The rows are damaged.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public void Verify(CancellationToken cancellationToken = default) => Read(state =>
    {
        _mapped?.Verify(cancellationToken);
        return true;
    });

    /// <summary>Closes the file of a mapped index once the calls in progress have ended.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            if (_readers == 0) _mapped?.Dispose();
        }
    }

    // Read only while holding the lock.
    private IIndexContent Content
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _mapped is not null ? _mapped : _store!;
        }
    }

    // Whether a search may still be using the current state. Read only while holding the lock, which every search takes when it starts.
    private bool InUse => _readers > 0;

    private static EmbeddingIndex Load(Stream stream, string place, bool wholeStream, CancellationToken cancellationToken)
    {
        try
        {
            return IndexReader.Read(stream, Create, AddUnchanged, wholeStream, cancellationToken);
        }
        catch (Exception e) when (IndexReader.IsDamage(e))
        {
            throw new InvalidDataException($"{place} cannot be read: {e.Message}.", e);
        }

        static EmbeddingIndex Create(int dimension, string description) => new(dimension) { _description = description };

        static void AddUnchanged(EmbeddingIndex index, IndexEntry entry, ReadOnlySpan<float> row)
        {
            if (!index._store!.TryAdd(entry, row, 1)) throw new InvalidDataException($"it has the id '{entry.Id}' twice");
        }
    }

    private static SearchResult[] Results(TopK kept, IndexState state)
    {
        int[] rows = new int[kept.Count];
        float[] similarities = new float[rows.Length];
        kept.Drain(rows, similarities);
        var results = new SearchResult[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            var entry = state.Entry(rows[i]);
            results[i] = new SearchResult(entry.Id, Math.Clamp(similarities[i], -1f, 1f), entry.Payload);
        }

        return results;
    }

    private T Read<T>(Func<IndexState, T> read)
    {
        IndexState state;
        lock (_lock)
        {
            state = Content.TakeState();
            _readers++;
        }

        try
        {
            return read(state);
        }
        finally
        {
            lock (_lock)
            {
                if (--_readers == 0 && _disposed) _mapped?.Dispose();
            }
        }
    }

    private IndexStore Check(string id, ReadOnlySpan<float> embedding, string? payload)
    {
        ArgumentNullException.ThrowIfNull(id);
        var store = Writable();
        CheckText(id, nameof(id));
        CheckText(payload, nameof(payload));
        if (embedding.Length != Dimension)
            throw new ArgumentException($"The embedding has {embedding.Length} values, expected {Dimension}.", nameof(embedding));
        if (!TensorPrimitives.IsFiniteAll(embedding))
            throw new ArgumentException("The embedding has a value that is not finite.", nameof(embedding));
        return store;
    }

    private IndexStore Writable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _store ?? throw new InvalidOperationException(
            $"The index is a mapped file, which is read-only. {nameof(EmbeddingIndex)}.{nameof(Load)} reads it into memory, "
            + "where it can be changed.");
    }

    // Text that is not valid UTF-16 could not be saved unchanged.
    private static void CheckText(string? text, string argument)
    {
        try
        {
            if (text is not null) IndexEntry.StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"The text has a lone surrogate at {e.Index}.", argument, e);
        }
    }
}
