namespace Tips.OnnxExport.Verification;

/// <summary>What a verification found.</summary>
/// <param name="Rows">One per compared output.</param>
/// <param name="Milliseconds">Median time per picture.</param>
/// <param name="OtherMilliseconds">The other model's; null if there is none.</param>
/// <param name="TopOneOf">What top-1 is chosen from, for the reader; null if there is nothing to choose from.</param>
/// <param name="NotCompared">What could not be compared, and why.</param>
internal sealed record VerificationReport(
    IReadOnlyList<VerificationRow> Rows,
    double? Milliseconds,
    double? OtherMilliseconds,
    string? TopOneOf,
    IReadOnlyList<string> NotCompared);

/// <summary>A line of a verification: an output of the models, how similar it is, and how often it has the same nearest neighbor.</summary>
/// <param name="Output">Its name.</param>
/// <param name="Agreement">How alike the outputs are.</param>
/// <param name="EachCounts">Whether a single vector that is far off is a fault; patch tokens of flat areas may be far off.</param>
/// <param name="TopOne">How often both models choose the same.</param>
internal sealed record VerificationRow(string Output, VectorAgreement Agreement, bool EachCounts, (int Same, int Count)? TopOne = null)
{
    /// <summary>Minimum cosine of a single vector, where each one counts.</summary>
    private const double LeastOfEach = 0.9;

    /// <summary>Largest allowed difference between the lengths.</summary>
    private const double MostOfRatio = 0.05;

    /// <summary>What is wrong with it; null if nothing is.</summary>
    /// <param name="least">Minimum mean cosine.</param>
    public string? Fault(double least)
    {
        if (!(Agreement.MeanCosine >= least))
            return FormattableString.Invariant($"the mean cosine of '{Output}' is {Agreement.MeanCosine:F6}, expected at least {least}");
        if (EachCounts && !(Agreement.MinimumCosine >= Math.Min(LeastOfEach, least)))
        {
            return FormattableString.Invariant(
                $"the least cosine of '{Output}' is {Agreement.MinimumCosine:F6}, expected at least {Math.Min(LeastOfEach, least)}");
        }

        return Math.Abs(Agreement.MeanRatio - 1) <= MostOfRatio
            ? null
            : FormattableString.Invariant($"the vectors of '{Output}' are {Agreement.MeanRatio:F3} times as long, expected 1");
    }
}
