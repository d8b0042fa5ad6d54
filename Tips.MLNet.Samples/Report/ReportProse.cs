namespace Tips.MLNet.Samples.Report;

/// <summary>Paragraphs of plain text.</summary>
internal sealed record ReportProse(params IReadOnlyList<string> Paragraphs) : IReportPart
{
    public void Write(HtmlText html, ReportResources resources)
    {
        foreach (string paragraph in Paragraphs) html.Element("p", paragraph, ("class", "prose"));
    }
}

/// <summary>A heading below that of the section.</summary>
internal sealed record ReportHeading(string Text) : IReportPart
{
    public void Write(HtmlText html, ReportResources resources) => html.Element("h3", Text);
}
