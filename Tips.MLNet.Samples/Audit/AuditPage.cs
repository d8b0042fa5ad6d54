using Tips.CommandLine;
using Tips.MLNet.Samples.Report;

namespace Tips.MLNet.Samples.Audit;

/// <summary>The findings as a report to look at.</summary>
internal static class AuditPage
{
    /// <summary>A report is to be looked at; the file of findings has all of them.</summary>
    private const int MostOfEachKind = 60;

    public static ReportPage Create(string model, AuditFindings findings, AuditRequest request)
    {
        var sections = new List<ReportSection>
        {
            new("Summary", new ReportMetrics([.. Summary(findings)])),
            Section(
                findings,
                "Duplicates",
                "Each beside the picture to keep.",
                [FindingKind.ExactDuplicate, FindingKind.NearDuplicate],
                finding => [finding.Kind == FindingKind.ExactDuplicate ? "the same file" : $"cosine {Format.Score(finding.Score)}"]),
            Section(
                findings,
                "Outliers",
                "Far from all others, each beside the nearest of them.",
                [FindingKind.Outlier],
                finding => [$"distance {Format.Score(finding.Score)}"]),
        };
        if (findings.Labels is not null)
        {
            sections.Add(Section(
                findings,
                "Likely wrong labels",
                "Each beside the nearest picture that has the suggested label.",
                [FindingKind.Label],
                finding => [$"labeled {finding.Label}, suggested {finding.Suggested}", $"margin {Format.Score(finding.Score)}"]));
        }

        if (findings.Leakage is not null)
        {
            sections.Add(Section(
                findings,
                "Leakage",
                "Test pictures, each beside the training picture that it is like.",
                [FindingKind.Leak],
                finding => [$"cosine {Format.Score(finding.Score)}"]));
        }

        sections.Add(new ReportSection("Map", new ReportMap("Map of the pictures", [.. Points(findings)]) 
        {
            GroupName = findings.Data.Labels is null ? "kind" : "class",
            MarkName = "finding",
        }));
        return new ReportPage("Audit of pictures")
        {
            Lead = "What may be wrong with these pictures. A model says so; a person decides.",
            Facts = [.. Facts(model, findings, request)],
            Sections = sections,
        };
    }

    private static IEnumerable<ReportFact> Facts(string model, AuditFindings findings, AuditRequest request)
    {
        yield return new ReportFact("Model", model);
        yield return new ReportFact("Pictures", findings.Data.Pictures.Count);
        if (findings.Leakage is not null) yield return new ReportFact("Test pictures", findings.Data.Test.Count);
        yield return new ReportFact("Near duplicates", FormattableString.Invariant($"cosine of at least {request.Duplicates}"));
        if (findings.Labels is not null) yield return new ReportFact("Neighbors that vote", findings.Neighbors);
    }

    private static IEnumerable<ReportMetric> Summary(AuditFindings findings)
    {
        int count = findings.Data.Pictures.Count;
        string exact = Format.Count(findings.Of(FindingKind.ExactDuplicate).Count);
        string near = Format.Count(findings.Of(FindingKind.NearDuplicate).Count);
        yield return new ReportMetric("Exact duplicates", exact, $"of {count} pictures");
        yield return new ReportMetric("Near duplicates", near, $"{findings.DisputedGroups} group(s) with different labels");
        yield return new ReportMetric("Outliers", Format.Count(findings.Outliers.OutlierCount), $"of {count} pictures");
        if (findings.Labels is { } labels)
            yield return new ReportMetric("Likely wrong labels", Format.Count(labels.Issues.Count), $"{labels.UncheckedCount} not checked");
        if (findings.Leakage is not { } leakage) yield break;
        yield return new ReportMetric(
            "Leaks", Format.Count(leakage.TestRows.Count), $"{Format.Percent(leakage.Share)} of the test pictures");
    }

    private static ReportSection Section(
        AuditFindings findings, string title, string lead, FindingKind[] kinds, Func<Finding, IReadOnlyList<string>> describe)
    {
        var found = findings.Of(kinds);
        if (found.Count == 0) return new ReportSection(title, new ReportProse("None was found."));
        string shown = found.Count > MostOfEachKind ? $" The {MostOfEachKind} surest of {found.Count} are shown." : "";
        var pictures = found.Take(MostOfEachKind).SelectMany(finding => Pair(finding, describe(finding)));
        return new ReportSection(title, new ReportProse(lead + shown), new ReportGrid([.. pictures]));
    }

    private static IEnumerable<ReportPicture> Pair(Finding finding, IReadOnlyList<string> lines)
    {
        yield return new ReportPicture(finding.Path, finding.Label ?? "") { Lines = lines, Alternative = finding.Label ?? "" };
        if (finding.Other is not { } other) yield break;
        string label = finding.OtherLabel ?? "";
        yield return new ReportPicture(other, label) { Lines = ["what it resembles"], Alternative = label };
    }

    private static IEnumerable<MapPoint> Points(AuditFindings findings)
    {
        var notes = findings.All.Where(f => f.Kind != FindingKind.Leak).ToLookup(f => f.Path, StringComparer.Ordinal);
        return findings.Data.Pictures.OrderBy(p => p.Label, StringComparer.Ordinal)
            .Select(picture => new MapPoint(picture.Path, findings.Data.Labels is null ? "picture" : picture.Label, picture.Embedding)
            {
                IsMarked = notes.Contains(picture.Path),
                Note = string.Join(", ", notes[picture.Path].Select(finding => Describe(finding.Kind)).Distinct()),
            });
    }

    private static string Describe(FindingKind kind) => kind switch
    {
        FindingKind.ExactDuplicate => "exact duplicate",
        FindingKind.NearDuplicate => "near duplicate",
        FindingKind.Outlier => "outlier",
        FindingKind.Label => "likely wrong label",
        _ => "leak",
    };
}
