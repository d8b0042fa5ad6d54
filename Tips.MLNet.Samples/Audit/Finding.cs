namespace Tips.MLNet.Samples.Audit;

/// <summary>Something that may be wrong with a picture.</summary>
/// <param name="Kind">What.</param>
/// <param name="Path">The picture.</param>
/// <param name="Label">Its label; null if it has none.</param>
/// <param name="Suggested">The label that it should perhaps have; null for other kinds.</param>
/// <param name="Other">The picture that it resembles: of duplicates the one to keep; else the nearest one that matters.</param>
/// <param name="OtherLabel">The label of that picture; null if it has none.</param>
/// <param name="Score">How sure, as <see cref="FindingKind"/> says.</param>
/// <param name="Group">Number of the group of duplicates, from 1; null for other kinds.</param>
internal sealed record Finding(
    FindingKind Kind, string Path, string? Label, string? Suggested, string? Other, string? OtherLabel, double Score, int? Group);
