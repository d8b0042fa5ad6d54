namespace Tips.MLNet.Quality;

/// <summary>A test row and a training row that are duplicates. Immutable and thread-safe.</summary>
public sealed class LeakedPair
{
    internal LeakedPair(int test, int training, float similarity) => (Test, Training, Similarity) = (test, training, similarity);

    /// <summary>The test row.</summary>
    public int Test { get; }

    /// <summary>The training row.</summary>
    public int Training { get; }

    /// <summary>Their cosine, −1 to 1.</summary>
    public float Similarity { get; }

    /// <summary>Both rows and the cosine.</summary>
    /// <returns>A human-readable line.</returns>
    public override string ToString() => FormattableString.Invariant($"test {Test}, training {Training} ({Similarity:F3})");
}
