using System.Numerics.Tensors;
using System.Text;
using Tips.MLNet.Trainers;
using Tips.MLNet.Search;

namespace Tips.MLNet;

/// <summary>
/// Embeddings by id, to be searched by cosine: exact, blocked and multi-threaded, in memory (4 · dimension bytes an entry and its strings).
/// Needs no ML.NET pipeline.
/// </summary>
/// <remarks>
/// <para>An embedding is kept at unit length. One of zeros, such as an empty text's, has cosine 0 with everything.</para>
/// <para>Thread safety: searching and saving may go on in several threads at once; adding and removing only while nothing else does.</para>
/// </remarks>
public sealed class EmbeddingIndex
{
    private readonly NeighborIndex _rows;
    private readonly List<(string Id, string? Payload)> _entries = [];
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);

    /// <summary>UTF-8 that changes nothing in silence.</summary>
    internal static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Makes an empty index.</summary>
    /// <param name="dimension">Length of the embeddings, 1 to 16,777,216.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is out of range.</exception>
    public EmbeddingIndex(int dimension) => _rows = new NeighborIndex(dimension, DistanceMetric.Cosine);

    /// <summary>Length of the embeddings.</summary>
    public int Dimension => _rows.Dimension;

    /// <summary>Number of entries.</summary>
    public int Count => _rows.Count;

    /// <summary>The ids, in the order of the index.</summary>
    public IEnumerable<string> Ids => _entries.Select(e => e.Id);

    /// <summary>Adds an entry.</summary>
    /// <param name="id">Its id, which no other entry has.</param>
    /// <param name="embedding">Its embedding, normalised or not.</param>
    /// <param name="payload">Anything to be given back with it.</param>
    /// <exception cref="ArgumentException">The id is there already, a string has a lone surrogate, or the embedding has another length or a value that is not finite.</exception>
    public void Add(string id, ReadOnlySpan<float> embedding, string? payload = null)
    {
        ArgumentNullException.ThrowIfNull(id);
        CheckText(id, nameof(id));
        CheckText(payload, nameof(payload));
        Check(embedding, nameof(embedding));
        if (!_positions.TryAdd(id, Count)) throw new ArgumentException($"The index has an entry '{id}' already.", nameof(id));
        _rows.Add(embedding);
        _entries.Add((id, payload));
    }

    /// <summary>Removes an entry; the last one takes its place.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!_positions.Remove(id, out int position)) return false;
        _rows.RemoveBySwap(position);
        if (position < Count)
        {
            _entries[position] = _entries[^1];
            _positions[_entries[position].Id] = position;
        }

        _entries.RemoveAt(_entries.Count - 1);
        return true;
    }

    /// <summary>Whether there is an entry.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Whether the index has it.</returns>
    public bool Contains(string id) => _positions.ContainsKey(id);

    /// <summary>Copies an entry's embedding, which is of unit length.</summary>
    /// <param name="id">The id.</param>
    /// <param name="embedding">Receives <see cref="Dimension"/> values.</param>
    /// <returns>Whether there is such an entry.</returns>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public bool TryGetEmbedding(string id, Span<float> embedding)
    {
        if (embedding.Length != Dimension) throw new ArgumentException($"There is room for {embedding.Length} values, expected {Dimension}.", nameof(embedding));
        if (!_positions.TryGetValue(id, out int position)) return false;
        _rows.CopyRow(position, embedding);
        return true;
    }

    /// <summary>Finds the entries nearest to a query.</summary>
    /// <param name="query">An embedding, normalised or not.</param>
    /// <param name="count">Entries to find, at least 1; all if there are fewer.</param>
    /// <returns>The entries, nearest first; of equally near ones the one that comes first in the index.</returns>
    /// <exception cref="ArgumentException">The query has another length or a value that is not finite.</exception>
    public IReadOnlyList<SearchResult> Search(ReadOnlySpan<float> query, int count) => SearchMany(query.ToArray(), count)[0];

    /// <summary>Finds the entries nearest to each of many queries, on all cores.</summary>
    /// <param name="queries">Embeddings one behind the other, normalised or not.</param>
    /// <param name="count">Entries to find for each, at least 1; all if there are fewer.</param>
    /// <returns>For each query its entries, nearest first; of equally near ones the one that comes first in the index.</returns>
    /// <exception cref="ArgumentException">The queries are no multiple of the dimension, have a value that is not finite, or ask for more results than one array holds.</exception>
    public IReadOnlyList<IReadOnlyList<SearchResult>> SearchMany(ReadOnlyMemory<float> queries, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (queries.Length % Dimension != 0) throw new ArgumentException($"The queries have {queries.Length} values, expected a multiple of {Dimension}.", nameof(queries));
        if (!TensorPrimitives.IsFiniteAll(queries.Span) && !queries.IsEmpty) throw new ArgumentException("The queries have a value that is not finite.", nameof(queries));
        int queryCount = queries.Length / Dimension, k = Math.Min(count, Count);
        var results = new IReadOnlyList<SearchResult>[queryCount];
        if (k == 0)
        {
            Array.Fill(results, []);
            return results;
        }

        if ((long)queryCount * k > Array.MaxLength) throw new ArgumentException($"{queryCount} queries for {k} entries each give more results than {Array.MaxLength:N0}; ask in parts.", nameof(queries));
        int[] rows = new int[queryCount * k];
        float[] similarities = new float[rows.Length];
        _rows.Search(queries, queryCount, k, rows, similarities);
        for (int query = 0; query < queryCount; query++)
        {
            var found = new SearchResult[k];
            for (int i = 0; i < k; i++)
            {
                var (id, payload) = _entries[rows[query * k + i]];
                found[i] = new SearchResult(id, Math.Clamp(similarities[query * k + i], -1f, 1f), payload);
            }

            results[query] = found;
        }

        return results;
    }

    /// <summary>Finds near duplicates: pairs of entries that are at least so similar. Compares all with all.</summary>
    /// <param name="threshold">Least cosine, −1 to 1, such as 0.95. What rounding takes from it (1e-7 · √dimension) is forgiven, so 1 finds equal embeddings.</param>
    /// <param name="maximumCount">Pairs to give at most, the most similar ones; at least 1.</param>
    /// <returns>The pairs, most similar first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public IReadOnlyList<SimilarPair> FindSimilarPairs(float threshold, int maximumCount = 1_000_000)
    {
        if (!(threshold is >= -1 and <= 1)) throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold must be a cosine, from -1 to 1.");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maximumCount);
        return [.. _rows.PairsAbove(threshold - NeighborIndex.CosineRounding(Dimension), maximumCount).Select(p => new SimilarPair(_entries[p.First].Id, _entries[p.Second].Id, Math.Clamp(p.Similarity, -1f, 1f)))];
    }

    /// <summary>Writes the index into a file, under another name first.</summary>
    /// <param name="path">The file; an older one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written, or its folder is not there.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        EmbeddingIndexFile.Write(path, Dimension, _entries, _rows.CopyRow);
    }

    /// <summary>Reads an index that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The index, equal in every bit.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no index, or is damaged.</exception>
    public static EmbeddingIndex Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return EmbeddingIndexFile.Read(path, dimension => new EmbeddingIndex(dimension), (index, id, payload, row) =>
        {
            if (!index._positions.TryAdd(id, index.Count)) throw new InvalidDataException($"it has the id '{id}' twice");
            index._rows.AddAsKept(row);
            index._entries.Add((id, payload));
        });
    }

    // It could not be saved as it is.
    private static void CheckText(string? text, string argument)
    {
        try
        {
            if (text is not null) StrictUtf8.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"The text has a lone surrogate at {e.Index}.", argument, e);
        }
    }

    private void Check(ReadOnlySpan<float> embedding, string argument)
    {
        if (embedding.Length != Dimension) throw new ArgumentException($"The embedding has {embedding.Length} values, expected {Dimension}.", argument);
        if (!TensorPrimitives.IsFiniteAll(embedding)) throw new ArgumentException("The embedding has a value that is not finite.", argument);
    }
}
