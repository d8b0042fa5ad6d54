namespace Tips.MLNet.Samples.Audit;

/// <summary>What <c>audit</c> found, for --json.</summary>
internal sealed record AuditResult
{
    public required string Model { get; init; }

    public required int Pictures { get; init; }

    public required int TestPictures { get; init; }

    public required int ExactDuplicates { get; init; }

    public required int NearDuplicates { get; init; }

    public required int Outliers { get; init; }

    /// <summary>Labels that are likely wrong; null without labels.</summary>
    public required int? WrongLabels { get; init; }

    /// <summary>Test pictures that are among the others; null without test pictures.</summary>
    public required int? Leaks { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    public required string ContactSheet { get; init; }

    public required string FindingsFile { get; init; }

    public static AuditResult Of(string model, AuditFindings findings, AuditRequest request) => new()
    {
        Model = model,
        Pictures = findings.Data.Pictures.Count,
        TestPictures = findings.Data.Test.Count,
        ExactDuplicates = findings.Of(FindingKind.ExactDuplicate).Count,
        NearDuplicates = findings.Of(FindingKind.NearDuplicate).Count,
        Outliers = findings.Of(FindingKind.Outlier).Count,
        WrongLabels = findings.Labels?.Issues.Count,
        Leaks = findings.Leakage?.TestRows.Count,
        Findings = findings.All,
        ContactSheet = request.ContactSheet,
        FindingsFile = request.FindingsFile,
    };
}
