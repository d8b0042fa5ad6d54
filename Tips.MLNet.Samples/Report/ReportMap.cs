using System.Globalization;
using System.Text.Json;

namespace Tips.MLNet.Samples.Report;

/// <summary>
/// Embeddings as points of a plane: by principal components, computed here, or by UMAP, which the browser computes from the neighbors that
/// are found here. Of more than <see cref="MostPoints"/> points, a sample is shown.
/// </summary>
/// <param name="Caption">What is shown.</param>
/// <param name="Points">The points; fewer than three are no map.</param>
internal sealed record ReportMap(string Caption, IReadOnlyList<MapPoint> Points) : IReportPart
{
    public const int MostPoints = 2000, LeastPoints = 3;

    private const int Side = 64, MostThumbnails = 1000, Seed = 1, MostInLegend = 24;

    /// <summary>Eight colors in six shapes, as report.js has them.</summary>
    private const int DifferentLooks = 48;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Lazy<MapPoint[]> _shown = new(() => Sample(Points));

    /// <summary>What the color stands for. Groups are listed in the order of the points.</summary>
    public string GroupName { get; init; } = "class";

    /// <summary>What <see cref="MapPoint.IsMarked"/> means, such as "mistake"; null if nothing is marked.</summary>
    public string? MarkName { get; init; }

    public IEnumerable<ThumbnailRequest> Thumbnails
        => Evenly(_shown.Value).Take(MostThumbnails).Select(point => new ThumbnailRequest(point.Path, Side));

    public void Write(HtmlText html, ReportResources resources)
    {
        var points = _shown.Value;
        if (points.Length < LeastPoints)
        {
            html.Element("p", $"A map needs at least {LeastPoints} pictures.", ("class", "prose"));
            return;
        }

        resources.HasMap = true;
        var layout = MapLayout.Compute(points);
        string id = resources.NextId("map");
        string[] groups = [.. points.Select(p => p.Group).Distinct(StringComparer.Ordinal)];
        html.Element("p", Description(points.Length, groups.Length, layout), ("class", "prose"));
        html.Open("div", ("class", "map"), ("id", id), ("data-map", ""));
        WriteControls(html, id, groups);
        html.Open("div", ("class", "map-body"));
        html.Open("div", ("class", "stage"), ("role", "application"), ("tabindex", "0"), ("aria-label", Caption),
            ("aria-describedby", id + "-help")).Close();
        html.Open("div", ("class", "readout"), ("aria-live", "polite"))
            .Element("p", "Point at a picture, or move with the arrow keys.").Close();
        html.Close();
        string marked = MarkName is null ? "" : $" M goes to the next {MarkName}.";
        html.Element(
            "p", $"Arrow keys go to the next point in that direction, Home and End to the first and the last.{marked}",
            ("class", "help"), ("id", id + "-help"));
        if (groups.Length <= MostInLegend) html.Open("ul", ("class", "legend")).Close();
        html.Open("details").Element("summary", "The points as a table").Open("div", ("class", "map-table")).Close().Close();
        html.Open("noscript").Element("p", "The map needs JavaScript.").Close();
        html.Close();
        html.Open("script", ("type", "application/json"), ("id", id + "-data")).Raw(Data(points, groups, layout, resources)).Close();
    }

    // Marked points first; then all over the map, because points of a group follow each other.
    private static IEnumerable<MapPoint> Evenly(MapPoint[] points)
    {
        MapPoint[] shuffled = [.. points];
        new Random(Seed).Shuffle(shuffled);
        return shuffled.OrderBy(point => !point.IsMarked);
    }

    private static MapPoint[] Sample(IReadOnlyList<MapPoint> points)
    {
        if (points.Count <= MostPoints) return [.. points];
        int[] numbers = [.. Enumerable.Range(0, points.Count)];
        new Random(Seed).Shuffle(numbers);
        return [.. numbers.Take(MostPoints).Order().Select(i => points[i])];
    }

    private string Description(int shown, int groups, MapLayout layout)
    {
        string which = shown < Points.Count
            ? $"A random sample of {shown} of the {Points.Count} pictures (seed {Seed})."
            : $"All {shown} pictures.";
        string shares = string.Create(
            CultureInfo.InvariantCulture,
            $"The first two principal components have {layout.Shares[0]:P1} and {layout.Shares[1]:P1} of the variance.");
        string marks = MarkName is null ? "" : $" A ring marks a {MarkName}.";
        string looks = groups > DifferentLooks
            ? $"Color and shape stand for the {GroupName}; they repeat after {DifferentLooks} of {groups}."
            : $"Color and shape stand for the {GroupName}.";
        return $"{which} {looks}{marks} {shares} UMAP keeps neighbors together (15 neighbors by cosine, minimum distance 0.1, "
            + $"seed {Seed}); this browser computes it.";
    }

    private void WriteControls(HtmlText html, string id, string[] groups)
    {
        html.Open("div", ("class", "controls"));
        html.Open("fieldset").Element("legend", "Layout");
        foreach (var (value, text) in (ReadOnlySpan<(string, string)>)[("pca", "PCA"), ("umap", "UMAP")])
        {
            html.Open("label").Empty(
                "input", ("type", "radio"), ("name", id + "-layout"), ("value", value), ("checked", value == "pca" ? "" : null));
            html.Element("span", text).Close();
        }

        html.Close();
        html.Open("label", ("class", "select")).Element("span", $"Highlight {GroupName}").Open("select");
        html.Element("option", "all", ("value", ""));
        for (int i = 0; i < groups.Length; i++)
            html.Element("option", groups[i], ("value", i.ToString(CultureInfo.InvariantCulture)));
        html.Close().Close();
        html.Element("p", "", ("class", "status"), ("role", "status"));
        html.Close();
    }

    private string Data(MapPoint[] points, string[] groups, MapLayout layout, ReportResources resources)
    {
        var numbers = groups.Index().ToDictionary(g => g.Item, g => g.Index);
        return JsonSerializer.Serialize(
            new
            {
                GroupName,
                MarkName,
                Seed,
                Groups = groups.Select(ReportResources.Plain),
                Points = points.Select(point => new
                {
                    Name = ReportResources.Plain(Path.GetFileName(point.Path)),
                    Path = ReportResources.Plain(resources.ShortPath(point.Path)),
                    Group = numbers[point.Group],
                    Note = ReportResources.Plain(point.Note),
                    Marked = point.IsMarked,
                    Thumbnail = resources.Thumbnail(new ThumbnailRequest(point.Path, Side)),
                }),
                layout.Pca,
                layout.Neighbors,
                layout.Distances,
            },
            Json);
    }
}

/// <summary>A picture on the map.</summary>
/// <param name="Path">The file.</param>
/// <param name="Group">What decides its color: its class or cluster.</param>
/// <param name="Embedding">Its embedding.</param>
internal sealed record MapPoint(string Path, string Group, float[] Embedding)
{
    /// <summary>What else is said of it, such as what it was taken for.</summary>
    public string Note { get; init; } = "";

    /// <summary>Whether it has a ring.</summary>
    public bool IsMarked { get; init; }
}
