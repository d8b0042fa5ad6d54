using System.Globalization;

namespace Tips.MLNet.Samples.Report;

/// <summary>
/// A report: one HTML file that needs nothing else. Any command can make one from the parts in this folder:
/// <code>
/// var page = new ReportPage("Audit of photos")
/// {
///     Facts = [new("Model", model.Name), new("Pictures", 1000)],
///     Sections =
///     [
///         new("Summary", new ReportMetrics([new("Wrong labels", "14", "of 286 pictures")]), new ReportProse("What this means.")),
///         new("Duplicates", new ReportTable("Groups of duplicates", [new("Picture"), new("Copies", IsNumber: true)], rows)),
///         new("Outliers", new ReportGrid([new ReportPicture(path, "far from all others") { Lines = ["distance 0.81"] }])),
///         new("Map", new ReportMap("Embeddings", points)),
///     ],
/// };
/// ReportWriter.WriteIfWanted(context, () => page, cancellationToken);
/// </code>
/// The command adds <see cref="Common.SampleOptions.Report"/> to its options; the file is in <see cref="Common.SampleContext.ReportFile"/>.
/// All texts are plain: the writer escapes them, wherever they come from. Paths are of pictures that the context can open; thumbnails of
/// them are made while the report is written.
/// </summary>
/// <param name="Title">The heading.</param>
internal sealed record ReportPage(string Title)
{
    /// <summary>One or two sentences under the heading.</summary>
    public string Lead { get; init; } = "";

    /// <summary>Model, counts and options, which stand under the heading. The writer adds the date.</summary>
    public IReadOnlyList<ReportFact> Facts { get; init; } = [];

    public IReadOnlyList<ReportSection> Sections { get; init; } = [];
}

/// <summary>A name and its value.</summary>
internal sealed record ReportFact(string Name, string Value)
{
    public ReportFact(string name, double value)
        : this(name, value.ToString(CultureInfo.InvariantCulture))
    {
    }
}

/// <summary>A heading and what is under it: any parts in any order.</summary>
internal sealed record ReportSection(string Title, params IReadOnlyList<IReportPart> Parts);
