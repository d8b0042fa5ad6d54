namespace Tips.MLNet;

/// <summary>An entry of an <see cref="EmbeddingIndex"/> that was found. Immutable.</summary>
public readonly struct SearchResult : IEquatable<SearchResult>
{
    internal SearchResult(string id, float similarity, string? payload) => (Id, Similarity, Payload) = (id, similarity, payload);

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>Cosine with the query, −1 to 1.</summary>
    public float Similarity { get; }

    /// <summary>What was stored with it.</summary>
    public string? Payload { get; }

    /// <summary>Whether all members are equal.</summary>
    /// <param name="left">A result.</param>
    /// <param name="right">Another.</param>
    public static bool operator ==(SearchResult left, SearchResult right) => left.Equals(right);

    /// <summary>Whether any member differs.</summary>
    /// <param name="left">A result.</param>
    /// <param name="right">Another.</param>
    public static bool operator !=(SearchResult left, SearchResult right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(SearchResult other) => (Id, Similarity, Payload) == (other.Id, other.Similarity, other.Payload);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SearchResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Similarity, Payload);

    /// <summary>The id and the similarity.</summary>
    /// <returns>A human-readable line.</returns>
    public override string ToString() => FormattableString.Invariant($"{Id} ({Similarity:F3})");
}
