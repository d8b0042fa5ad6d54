namespace Tips.MLNet.Quality;

/// <summary>A row whose label is likely wrong. Immutable and thread-safe.</summary>
public sealed class LabelIssue
{
    internal LabelIssue(int row, int given, int suggested, float givenProbability, float suggestedProbability)
    {
        (Row, Given, Suggested) = (row, given, suggested);
        (GivenProbability, SuggestedProbability) = (givenProbability, suggestedProbability);
    }

    /// <summary>The row.</summary>
    public int Row { get; }

    /// <summary>The label that it has.</summary>
    public int Given { get; }

    /// <summary>The label that it should perhaps have.</summary>
    public int Suggested { get; }

    /// <summary>Probability of the label that it has (its self-confidence), 0 to 1.</summary>
    public float GivenProbability { get; }

    /// <summary>Probability of the suggested label, 0 to 1.</summary>
    public float SuggestedProbability { get; }

    /// <summary>
    /// The normalized margin: the probability of the label that it has minus that of the suggested one, −1 to 1. The lower, the surer.
    /// </summary>
    public float Margin => GivenProbability - SuggestedProbability;

    /// <summary>The row, both labels and the margin.</summary>
    /// <returns>A human-readable line.</returns>
    public override string ToString() => FormattableString.Invariant($"row {Row}: {Given}, suggested {Suggested} ({Margin:F3})");
}
