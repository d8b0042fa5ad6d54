using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary>The worst findings of each kind as a contact sheet, each picture beside what it resembles.</summary>
internal static class AuditSheet
{
    private const int RowsOfEachKind = 12;

    public static void Save(SampleContext context, AuditRequest request, AuditFindings findings)
    {
        var groups = findings.Of(FindingKind.ExactDuplicate, FindingKind.NearDuplicate).GroupBy(f => f.Group).Take(RowsOfEachKind);
        List<SheetRow> rows = [.. groups.Select(group => DuplicateRow(group, request))];
        foreach (var kind in (FindingKind[])[FindingKind.Outlier, FindingKind.Label, FindingKind.Leak])
            rows.AddRange(findings.Of(kind).Take(RowsOfEachKind).Select(finding => Row(finding, request)));
        if (rows.Count == 0) rows.Add(new SheetRow("nothing was found", []));
        ContactSheet.Save(context, request.ContactSheet, rows);
    }

    private static SheetRow DuplicateRow(IEnumerable<Finding> group, AuditRequest request)
    {
        Finding[] members = [.. group];
        string kind = members.All(f => f.Kind == FindingKind.ExactDuplicate) ? "the same file" : "near duplicates";
        var kept = new SheetPicture(members[0].Other!, Class: members[0].OtherLabel ?? "");
        return new SheetRow(
            $"{kind}: {AuditNames.Of(members[0].Other!, request)}",
            [kept, .. members.Select(f => new SheetPicture(f.Path, f.Score, f.Label ?? ""))]);
    }

    private static SheetRow Row(Finding finding, AuditRequest request)
    {
        string name = AuditNames.Of(finding.Path, request);
        string caption = finding.Kind switch
        {
            FindingKind.Outlier => $"outlier: {name}",
            FindingKind.Label => $"label: {finding.Label}, suggested {finding.Suggested}, margin {Format.Score(finding.Score)}: {name}",
            _ => $"leak: {name}",
        };
        double? score = finding.Kind == FindingKind.Label ? null : finding.Score;
        var picture = new SheetPicture(finding.Path, score, finding.Label ?? "");
        return new SheetRow(
            caption, finding.Other is null ? [picture] : [picture, new SheetPicture(finding.Other, Class: finding.OtherLabel ?? "")]);
    }
}
