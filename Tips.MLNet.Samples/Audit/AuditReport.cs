using System.Globalization;
using Spectre.Console;
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
        string test = pictures.Test.Count == 0 ? "" : $" and {pictures.Test.Count} test pictures";
        output.WriteLine($"{pictures.Pictures.Count} pictures {labels}{test} are audited.");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
    }

    public static void Print(TextWriter output, IAnsiConsole console, AuditFindings findings, AuditRequest request)
    {
        int count = findings.Data.Pictures.Count;
        var exact = findings.Of(FindingKind.ExactDuplicate);
        var near = findings.Of(FindingKind.NearDuplicate);
        string groups = $"in {findings.Duplicates.Groups.Count} group(s)";
        output.WriteLine(Invariant(
            $"Duplicates: {exact.Count} exact and {near.Count} near (cosine of at least {request.Duplicates}) {groups}."));
        int disputed = findings.Data.Labels is null ? 0 : findings.Duplicates.Groups.Count(
            group => group.Members.Select(findings.Data.LabelOf).Distinct().Count() > 1);
        if (disputed > 0) output.WriteLine($"In {disputed} of them, the labels differ.");
        Table(console, [.. exact, .. near], request, "picture", "is like");

        output.WriteLine(Invariant(
            $"Outliers: {findings.Outliers.OutlierCount} of {count}, at a distance of more than {findings.Outliers.Threshold:F3}."));
        Table(console, findings.Of(FindingKind.Outlier), request, "picture", "nearest");
        PrintLabels(output, console, findings, request);
        if (findings.Leakage is not { } leakage) return;
        string share = Invariant($"{leakage.TestRows.Count} of {findings.Data.Test.Count} test pictures ({leakage.Share:P1})");
        output.WriteLine($"Leakage: {share} are among the others, too.");
        Table(console, findings.Of(FindingKind.Leak), request, "test picture", "is like");
    }

    private static void PrintLabels(TextWriter output, IAnsiConsole console, AuditFindings findings, AuditRequest request)
    {
        if (findings.Labels is not { } labels)
        {
            output.WriteLine("Labels: there are none to check.");
            return;
        }

        string share = $"{labels.Issues.Count} of {findings.Data.Pictures.Count}";
        output.WriteLine($"Labels: {share} are likely wrong, by votes of {findings.Neighbors} neighbors.");
        if (labels.UncheckedCount > 0)
            output.WriteLine($"{labels.UncheckedCount} could not be checked: no other picture confirms their class.");
        var issues = findings.Of(FindingKind.Label);
        if (issues.Count == 0) return;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("margin").RightAligned()).AddColumn("label").AddColumn("suggested").AddColumn("picture");
        foreach (var finding in issues.Take(Shown))
        {
            table.AddRow(
                Score(finding),
                Cell(finding.Label!),
                Cell(finding.Suggested!),
                Markup.Escape(AuditNames.Of(finding.Path, request)));
        }

        console.Write(table);
    }

    private static void Table(
        IAnsiConsole console, IReadOnlyList<Finding> findings, AuditRequest request, string title, string titleOfOther)
    {
        if (findings.Count == 0) return;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn(findings[0].Kind == FindingKind.Outlier ? "distance" : "cosine").RightAligned());
        table.AddColumn(title).AddColumn(titleOfOther);
        foreach (var finding in findings.Take(Shown))
        {
            table.AddRow(
                Score(finding),
                Markup.Escape(AuditNames.Of(finding.Path, request)),
                Markup.Escape(finding.Other is null ? "" : AuditNames.Of(finding.Other, request)));
        }

        console.Write(table);
    }

    private static string Score(Finding finding) => finding.Score.ToString("F3", CultureInfo.InvariantCulture);

    private static string Cell(string text) => Markup.Escape(Printable.Escape(text));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
