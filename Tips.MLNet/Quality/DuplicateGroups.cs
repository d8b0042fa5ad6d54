using Tips.MLNet.Search;

namespace Tips.MLNet.Quality;

/// <summary>
/// Groups of duplicates among rows: the connected components of the pairs that are equal or similar enough. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// A chain of similar rows is one group, even if its ends are not similar. With a low threshold, or a model that tells pictures apart
/// badly, groups may therefore be large.
/// </remarks>
public sealed class DuplicateGroups
{
    private readonly int[] _groupOfRow;

    private DuplicateGroups(DisjointSets sets, Func<int[], int> choose)
    {
        var members = Enumerable.Range(0, sets.Count).GroupBy(sets.Find).Where(g => g.Count() > 1).Select(g => g.ToArray());
        Groups = [.. members.Select(rows => new DuplicateGroup(rows, choose(rows)))];
        _groupOfRow = new int[sets.Count];
        Array.Fill(_groupOfRow, -1);
        for (int group = 0; group < Groups.Count; group++)
        {
            foreach (int row in Groups[group].Members) _groupOfRow[row] = group;
        }
    }

    /// <summary>Number of rows, duplicates or not.</summary>
    public int RowCount => _groupOfRow.Length;

    /// <summary>The groups, each of at least two rows, in the order of their first rows.</summary>
    public IReadOnlyList<DuplicateGroup> Groups { get; }

    /// <summary>Rows that could go without loss: all members but one of each group.</summary>
    public int ExcessCount => Groups.Sum(g => g.Members.Count - 1);

    /// <summary>Finds files with the same bytes, by SHA-256. Files are read as streams, several at once.</summary>
    /// <param name="paths">The files; row i is <c>paths[i]</c>.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The groups.</returns>
    /// <exception cref="FileNotFoundException">A file is not there.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static DuplicateGroups FindExact(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        return ByContent(FileDigests.Compute(paths, cancellationToken));
    }

    /// <summary>Finds rows with the same content, such as the digest of a file or of a text.</summary>
    /// <param name="contents">What each row holds; compared byte by byte, without regard to culture.</param>
    /// <returns>The groups.</returns>
    /// <exception cref="ArgumentException">A content is null.</exception>
    public static DuplicateGroups ByContent(IReadOnlyList<string> contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        var sets = new DisjointSets(contents.Count);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int row = 0; row < contents.Count; row++)
        {
            if (contents[row] is null) throw new ArgumentException($"The content of row {row} is null.", nameof(contents));
            if (!first.TryAdd(contents[row], row)) sets.Union(first[contents[row]], row);
        }

        return new DuplicateGroups(sets, rows => rows[0]);
    }

    /// <summary>Finds rows whose cosine is at least a threshold. Compares every pair of rows, on all cores.</summary>
    /// <param name="embeddings">The embeddings, one after another, normalized or not.</param>
    /// <param name="dimension">Length of an embedding.</param>
    /// <param name="threshold">
    /// Least cosine, −1 to 1; 0.95 by default. A tolerance of 1e-7 · √dimension allows for rounding, so 1 finds equal embeddings. How
    /// similar pictures of different things are depends on the model.
    /// </param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The groups.</returns>
    /// <exception cref="ArgumentException">The length is not a multiple of the dimension, or a value is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static DuplicateGroups FindNear(
        ReadOnlyMemory<float> embeddings, int dimension, float threshold = 0.95f, CancellationToken cancellationToken = default)
    {
        int count = EmbeddingRows.Count(embeddings, dimension, "embeddings", nameof(embeddings));
        float least = EmbeddingRows.LeastCosine(threshold, dimension);
        var rows = EmbeddingRows.Index(embeddings, dimension).Rows;
        var sets = new DisjointSets(count);
        SimilarRows.Collect(rows, least, new PairUnions(sets, new Lock()), cancellationToken);
        return new DuplicateGroups(sets, members => Medoid(rows, members));
    }

    /// <summary>Unites groups of the same rows, such as those by content and by cosine.</summary>
    /// <param name="other">Other groups.</param>
    /// <returns>
    /// The connected components of both. The representative of a group is that of the first of its parts here, or else in the other.
    /// </returns>
    /// <exception cref="ArgumentException">They are of another number of rows.</exception>
    public DuplicateGroups Union(DuplicateGroups other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.RowCount != RowCount)
            throw new ArgumentException($"The other groups are of {other.RowCount} rows, expected {RowCount}.", nameof(other));
        var sets = new DisjointSets(RowCount);
        foreach (var members in Groups.Concat(other.Groups).Select(g => g.Members))
        {
            foreach (int row in members) sets.Union(members[0], row);
        }

        return new DuplicateGroups(sets, rows => rows.Select(Group).FirstOrDefault(g => g is not null)?.Representative
            ?? other.Group(rows[0])!.Representative);
    }

    /// <summary>The group of a row.</summary>
    /// <param name="row">The row.</param>
    /// <returns>The group; null if the row has no duplicate.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public DuplicateGroup? Group(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)RowCount, nameof(row));
        return _groupOfRow[row] < 0 ? null : Groups[_groupOfRow[row]];
    }

    /// <summary>For each row the lowest row of its group, which is itself if it has no duplicate.</summary>
    internal int[] FirstRows() => [.. _groupOfRow.Select((group, row) => group < 0 ? row : Groups[group].Members[0])];

    // The mean cosine to the members is the dot product with their mean.
    private static int Medoid(RowSet rows, int[] members)
    {
        float[] row = new float[rows.Dimension];
        double[] sum = new double[rows.Dimension];
        foreach (int member in members)
        {
            rows.CopyRow(member, row);
            for (int i = 0; i < row.Length; i++) sum[i] += row[i];
        }

        (int Row, double Similarity) best = (members[0], double.NegativeInfinity);
        foreach (int member in members)
        {
            rows.CopyRow(member, row);
            double similarity = 0;
            for (int i = 0; i < row.Length; i++) similarity += row[i] * sum[i];
            // Of two members, both are equally near; rounding must not choose.
            if (similarity > best.Similarity + 1e-9 * members.Length) best = (member, similarity);
        }

        return best.Row;
    }
}
