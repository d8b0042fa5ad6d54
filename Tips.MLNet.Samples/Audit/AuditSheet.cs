using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>The worst findings of each kind as a contact sheet, each picture beside what it resembles.</summary>
internal static class AuditSheet
{
    private const int RowsOfEachKind = 12;

    public static void Save(SampleContext context, AuditRequest request, AuditFindings findings)
    {
        var groups = findings.Of(FindingKind.ExactDuplicate, FindingKind.NearDuplicate).GroupBy(f => f.Group).Take(RowsOfEachKind);
        List<(string Caption, IReadOnlyList<string> Pictures)> rows = [.. groups.Select(group => DuplicateRow(group, request))];
        foreach (var kind in (FindingKind[])[FindingKind.Outlier, FindingKind.Label, FindingKind.Leak])
            rows.AddRange(findings.Of(kind).Take(RowsOfEachKind).Select(finding => Row(finding, request)));
        if (rows.Count == 0) rows.Add(("nothing was found", []));
        ContactSheet.Save(context, request.ContactSheet, rows);
    }

    private static (string Caption, IReadOnlyList<string> Pictures) DuplicateRow(
        IEnumerable<Finding> group, AuditRequest request)
    {
        Finding[] members = [.. group];
        bool areExact = members.All(f => f.Kind == FindingKind.ExactDuplicate);
        string kind = areExact ? "the same file" : $"near duplicates, {members[^1].Score.ToString("F3", CultureInfo.InvariantCulture)}";
        return ($"{kind}: {AuditNames.Of(members[0].Other!, request)}", [members[0].Other!, .. members.Select(f => f.Path)]);
    }

    private static (string Caption, IReadOnlyList<string> Pictures) Row(Finding finding, AuditRequest request)
    {
        string name = AuditNames.Of(finding.Path, request);
        string score = Math.Abs(finding.Score).ToString("F3", CultureInfo.InvariantCulture);
        string caption = finding.Kind switch
        {
            FindingKind.Outlier => $"outlier, {score}: {name}",
            FindingKind.Label => $"label, {score}: {finding.Label} -> {finding.Suggested}: {name}",
            _ => $"leak, {score}: {name}",
        };
        return (caption, finding.Other is null ? [finding.Path] : [finding.Path, finding.Other]);
    }
}
