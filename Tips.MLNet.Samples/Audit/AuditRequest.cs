using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>What the audit is asked to do.</summary>
/// <param name="ContactSheet">File for the contact sheet; the list of findings lies beside it.</param>
internal sealed record AuditRequest(string ContactSheet)
{
    /// <summary>Model folder; null for the one that comes with the samples.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Folder or table of pictures; null for those that come with the samples.</summary>
    public string? Images { get; init; }

    /// <summary>Folder or table of test pictures, which should not be among the others; null for none.</summary>
    public string? Test { get; init; }

    /// <summary>Whether the names of subfolders are no labels.</summary>
    public bool Unlabeled { get; init; }

    /// <summary>Least cosine of near duplicates.</summary>
    public float Duplicates { get; init; } = 0.95f;

    /// <summary>Neighbors that vote on the label of a picture; null for a number that suits the classes.</summary>
    public int? Neighbors { get; init; }

    public ListFormat Format { get; init; }

    /// <summary>File for the list of findings.</summary>
    public string FindingsFile => Path.ChangeExtension(ContactSheet, Format == ListFormat.Csv ? ".csv" : ".jsonl");
}
