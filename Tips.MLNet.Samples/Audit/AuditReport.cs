using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>What the audit prints.</summary>
internal static class AuditReport
{
    private const int Shown = 5;

    public static void Introduce(TextWriter output, AuditPictures pictures, AuditRequest request)
    {
        int classes = pictures.Pictures.Select(p => p.Label).Distinct().Count();
        string labels = pictures.HasLabels ? $"of {classes} classes" : "without labels";
        string test = pictures.Test.Count == 0 ? "" : $" and {Format.Count(pictures.Test.Count)} test pictures";
        output.WriteLine($"{Format.Count(pictures.Pictures.Count)} pictures {labels}{test} are audited.");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
    }

    public static void Print(SampleContext context, AuditFindings findings, AuditRequest request)
    {
        var output = context.Findings;
        var exact = findings.Of(FindingKind.ExactDuplicate);
        var near = findings.Of(FindingKind.NearDuplicate);
        string groups = $"in {Format.Count(findings.Duplicates.Groups.Count)} group(s)";
        output.WriteLine(FormattableString.Invariant(
            $"Duplicates: {exact.Count} exact and {near.Count} near (cosine of at least {request.Duplicates}) {groups}."));
        if (findings.DisputedGroups is var disputed and > 0) output.WriteLine($"In {disputed} of them, the labels differ.");
        Pairs(context, [.. exact, .. near], request, "picture", "is like");

        output.WriteLine(
            $"Outliers: {findings.Outliers.OutlierCount} of {Format.Count(findings.Data.Pictures.Count)}, at a distance of more than "
            + $"{Format.Score(findings.Outliers.Threshold)}.");
        Pairs(context, findings.Of(FindingKind.Outlier), request, "picture", "nearest");
        Labels(context, findings, request);
        if (findings.Leakage is not { } leakage) return;
        string share = $"{leakage.TestRows.Count} of {findings.Data.Test.Count} test pictures ({Format.Percent(leakage.Share)})";
        output.WriteLine($"Leakage: {share} are among the others, too.");
        Pairs(context, findings.Of(FindingKind.Leak), request, "test picture", "is like");
    }

    private static void Labels(SampleContext context, AuditFindings findings, AuditRequest request)
    {
        var output = context.Findings;
        if (findings.Labels is not { } labels)
        {
            output.WriteLine("Labels: there are none to check.");
            return;
        }

        string share = $"{labels.Issues.Count} of {Format.Count(findings.Data.Pictures.Count)}";
        output.WriteLine($"Labels: {share} are likely wrong, by votes of {findings.Neighbors} neighbors.");
        if (labels.UncheckedCount > 0)
            output.WriteLine($"{labels.UncheckedCount} could not be checked: no other picture confirms their class.");
        var issues = findings.Of(FindingKind.Label);
        if (issues.Count == 0) return;
        var table = new TextTable().Number("margin", 2).Name("label", 4).Name("suggested", 4).Name("picture", 5);
        foreach (var finding in issues.Take(Shown))
            table.Row(Format.Score(finding.Score), finding.Label!, finding.Suggested!, AuditNames.Of(finding.Path, request));
        context.Write(table);
    }

    private static void Pairs(
        SampleContext context, IReadOnlyList<Finding> findings, AuditRequest request, string title, string titleOfOther)
    {
        if (findings.Count == 0) return;
        var table = new TextTable().Number(findings[0].Kind == FindingKind.Outlier ? "distance" : "cosine", 2);
        table.Name(title, 5).Name(titleOfOther, 4);
        foreach (var finding in findings.Take(Shown))
        {
            table.Row(
                Format.Score(finding.Score),
                AuditNames.Of(finding.Path, request),
                finding.Other is null ? "" : AuditNames.Of(finding.Other, request));
        }

        context.Write(table);
    }
}
