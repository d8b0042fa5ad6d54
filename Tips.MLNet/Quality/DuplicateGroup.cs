namespace Tips.MLNet.Quality;

/// <summary>Rows that are duplicates of each other, directly or over others of the group. Immutable and thread-safe.</summary>
public sealed class DuplicateGroup
{
    internal DuplicateGroup(int[] members, int representative) => (Members, Representative) = (members, representative);

    /// <summary>The rows, in ascending order; at least two.</summary>
    public IReadOnlyList<int> Members { get; }

    /// <summary>
    /// The row to keep if one is kept. By content: the first. By cosine: the one with the highest mean cosine to the group (its medoid),
    /// the first of equal ones.
    /// </summary>
    public int Representative { get; }

    /// <summary>The representative and the number of members.</summary>
    /// <returns>A human-readable line.</returns>
    public override string ToString() => FormattableString.Invariant($"{Members.Count} rows like row {Representative}");
}
