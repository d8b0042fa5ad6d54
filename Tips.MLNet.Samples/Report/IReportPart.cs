namespace Tips.MLNet.Samples.Report;

/// <summary>A part of a report, which knows how it looks in HTML.</summary>
internal interface IReportPart
{
    /// <summary>The pictures that <see cref="Write"/> will show, the most important first.</summary>
    IEnumerable<ThumbnailRequest> Thumbnails => [];

    void Write(HtmlText html, ReportResources resources);
}

/// <summary>A picture to be shown.</summary>
/// <param name="Path">The file.</param>
/// <param name="Side">The longer side in pixels.</param>
internal readonly record struct ThumbnailRequest(string Path, int Side);
