namespace Tips.MLNet.Samples.Report;

/// <summary>A few numbers, shown large.</summary>
internal sealed record ReportMetrics(IReadOnlyList<ReportMetric> Metrics) : IReportPart
{
    public void Write(HtmlText html, ReportResources resources)
    {
        html.Open("dl", ("class", "metrics"));
        foreach (var metric in Metrics)
        {
            html.Open("div").Element("dt", metric.Name).Element("dd", metric.Value, ("class", "value"));
            foreach (string detail in metric.Details) html.Element("dd", detail, ("class", "detail"));
            html.Close();
        }

        html.Close();
    }
}

/// <summary>A number.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The number with its unit.</param>
/// <param name="Details">What it is made of, or how certain it is: lines of their own.</param>
internal sealed record ReportMetric(string Name, string Value, params IReadOnlyList<string> Details);
