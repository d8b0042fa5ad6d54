namespace Tips.MLNet.Samples.Report;

/// <summary>Pictures side by side, each with what there is to say about it.</summary>
internal sealed record ReportGrid(IReadOnlyList<ReportPicture> Pictures) : IReportPart
{
    private const int Side = 128;

    public IEnumerable<ThumbnailRequest> Thumbnails => Pictures.Select(picture => new ThumbnailRequest(picture.Path, Side));

    public void Write(HtmlText html, ReportResources resources)
    {
        html.Open("ul", ("class", "pictures"));
        foreach (var picture in Pictures)
        {
            html.Open("li");
            html.Open("div", ("class", "frame"));
            if (resources.Thumbnail(new ThumbnailRequest(picture.Path, Side)) is { } source)
                html.Empty("img", ("src", source), ("alt", picture.Alternative), ("decoding", "async"));
            else html.Element("span", "no thumbnail", ("class", "missing"));
            html.Close();
            if (picture.Title.Length > 0) html.Element("p", picture.Title, ("class", "title"));
            foreach (string line in picture.Lines) html.Element("p", line);
            html.Element("p", resources.ShortPath(picture.Path), ("class", "path")).Close();
        }

        html.Close();
    }
}

/// <summary>A picture of a grid.</summary>
/// <param name="Path">The file; its path is shown, too.</param>
/// <param name="Title">What is said first.</param>
internal sealed record ReportPicture(string Path, string Title = "")
{
    /// <summary>What else is said.</summary>
    public IReadOnlyList<string> Lines { get; init; } = [];

    /// <summary>What it shows, for whoever does not see it. The texts under it are read anyway.</summary>
    public string Alternative { get; init; } = "";
}
