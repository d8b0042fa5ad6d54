using System.Globalization;

namespace Tips.MLNet.Samples.Report;

/// <summary>A table; the first cell of each row names the row. It scrolls in its own region if it is wide or long.</summary>
/// <param name="Caption">What the table shows.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">One cell for each column.</param>
internal sealed record ReportTable(
    string Caption, IReadOnlyList<ReportColumn> Columns, IReadOnlyList<IReadOnlyList<ReportCell>> Rows) : IReportPart
{
    public void Write(HtmlText html, ReportResources resources)
    {
        string id = resources.NextId("table");
        OpenRegion(html, id);
        html.Open("table").Element("caption", Caption, ("id", id)).Open("thead").Open("tr");
        foreach (var column in Columns) html.Element("th", column.Name, ("scope", "col"), ("class", column.IsNumber ? "number" : null));
        html.Close().Close().Open("tbody");
        foreach (var row in Rows)
        {
            html.Open("tr");
            for (int i = 0; i < row.Count; i++) WriteCell(html, row[i], i, Columns[i].IsNumber);
            html.Close();
        }

        html.Close().Close().Close();
    }

    /// <summary>A region that the keyboard can scroll, named by the caption in it.</summary>
    public static void OpenRegion(HtmlText html, string captionId)
        => html.Open("div", ("class", "scroll"), ("role", "region"), ("tabindex", "0"), ("aria-labelledby", captionId));

    private static void WriteCell(HtmlText html, ReportCell cell, int index, bool isNumber)
    {
        if (index == 0) html.Open("th", ("scope", "row"));
        else html.Open("td", ("class", isNumber ? "number" : null));
        if (cell.Share is { } share)
        {
            string width = (100 * Math.Clamp(share, 0, 1)).ToString("0.#", CultureInfo.InvariantCulture);
            html.Open("svg", ("class", "bar"), ("viewBox", "0 0 100 8"), ("preserveAspectRatio", "none"), ("aria-hidden", "true"))
                .Open("rect", ("class", "track"), ("width", "100"), ("height", "8")).Close()
                .Open("rect", ("width", width), ("height", "8")).Close()
                .Close()
                .Element("span", cell.Text, ("class", "figure"));
        }
        else
        {
            html.Text(cell.Text);
        }

        html.Close();
    }
}

/// <summary>A column of a table.</summary>
internal sealed record ReportColumn(string Name, bool IsNumber = false);

/// <summary>A cell of a table.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Share">From 0 to 1, drawn as a bar beside the text; null for none.</param>
internal sealed record ReportCell(string Text, double? Share = null)
{
    public static implicit operator ReportCell(string text) => new(text);

    public static implicit operator ReportCell(int number) => new(number.ToString(CultureInfo.InvariantCulture));
}
