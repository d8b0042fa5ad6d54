namespace Tips.MLNet;

/// <summary>Two entries of an <see cref="EmbeddingIndex"/> that are alike. Immutable.</summary>
public readonly struct SimilarPair : IEquatable<SimilarPair>
{
    internal SimilarPair(string first, string second, float similarity) => (First, Second, Similarity) = (first, second, similarity);

    /// <summary>Id of the one that comes first in the index.</summary>
    public string First { get; }

    /// <summary>Id of the other.</summary>
    public string Second { get; }

    /// <summary>Their cosine, −1 to 1.</summary>
    public float Similarity { get; }

    /// <summary>Whether all members are equal.</summary>
    /// <param name="left">A pair.</param>
    /// <param name="right">Another.</param>
    public static bool operator ==(SimilarPair left, SimilarPair right) => left.Equals(right);

    /// <summary>Whether any member differs.</summary>
    /// <param name="left">A pair.</param>
    /// <param name="right">Another.</param>
    public static bool operator !=(SimilarPair left, SimilarPair right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(SimilarPair other) => (First, Second, Similarity) == (other.First, other.Second, other.Similarity);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SimilarPair other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(First, Second, Similarity);

    /// <summary>Both ids and the similarity.</summary>
    /// <returns>A human-readable line.</returns>
    public override string ToString() => FormattableString.Invariant($"{First}, {Second} ({Similarity:F3})");
}
