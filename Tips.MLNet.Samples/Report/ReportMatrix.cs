using System.Globalization;
using Tips.MLNet.Evaluation;

namespace Tips.MLNet.Samples.Report;

/// <summary>
/// A confusion matrix: rows are true classes, columns predicted ones, and a cell is the darker the larger its share of the row.
/// </summary>
internal sealed record ReportMatrix(string Caption, ConfusionMatrix Matrix) : IReportPart
{
    private const int Levels = 8;

    public void Write(HtmlText html, ReportResources resources)
    {
        int classes = Matrix.Labels.Count;
        string id = resources.NextId("matrix"), span = classes.ToString(CultureInfo.InvariantCulture);
        ReportTable.OpenRegion(html, id);
        html.Open("table", ("class", "matrix")).Element("caption", Caption, ("id", id)).Open("thead");
        html.Open("tr").Element("th", "true class", ("scope", "col"), ("rowspan", "2"), ("class", "corner"))
            .Element("th", "predicted class", ("scope", "colgroup"), ("colspan", span)).Close();
        html.Open("tr");
        foreach (string label in Matrix.Labels) html.Open("th", ("scope", "col")).Element("span", label, ("class", "turned")).Close();
        html.Close().Close().Open("tbody");
        for (int actual = 0; actual < classes; actual++)
        {
            html.Open("tr").Element("th", Matrix.Labels[actual], ("scope", "row"));
            for (int predicted = 0; predicted < classes; predicted++)
            {
                int count = Matrix[actual, predicted];
                html.Element("td", count == 0 ? "" : count.ToString(CultureInfo.InvariantCulture), ("class", Level(actual, predicted)));
            }

            html.Close();
        }

        html.Close().Close().Close();
    }

    private string? Level(int actual, int predicted)
    {
        int count = Matrix[actual, predicted];
        if (count == 0) return actual == predicted ? "diagonal" : null;
        int level = (int)Math.Ceiling(Levels * (double)count / Matrix.ActualCount(actual));
        return string.Create(CultureInfo.InvariantCulture, $"{(actual == predicted ? "right" : "wrong")}{level}");
    }
}
