using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Report;

/// <summary>The report of clusters: their sizes, the pictures nearest to each center, and the map.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Clusters">The clusters, largest first.</param>
internal sealed record ClusterReport(string Model, IReadOnlyList<PictureCluster> Clusters)
{
    private const int MostPicturesOfCluster = 8, MostPictures = 320;

    private readonly int _total = Clusters.Sum(cluster => cluster.Pictures.Count);

    /// <summary>Writes it and says so, if the option --report asks for it.</summary>
    public void Write(SampleContext context, CancellationToken cancellationToken)
        => ReportWriter.WriteIfWanted(context, ToPage, cancellationToken);

    public ReportPage ToPage()
    {
        int shown = Math.Clamp(MostPictures / Clusters.Count, 1, MostPicturesOfCluster);
        return new ReportPage("Clusters of similar pictures")
        {
            Lead = $"{_total} pictures in {Clusters.Count} clusters by k-means over their embeddings. Nobody said what they show.",
            Facts = [new("Model", Model), new("Pictures", _total), new("Clusters", Clusters.Count), new("Seed", 1)],
            Sections =
            [
                new ReportSection("Sizes", Sizes()),
                new ReportSection("Clusters", [.. Clusters.SelectMany(cluster => Show(cluster, shown))]),
                new ReportSection("Map", new ReportMap("Map of the pictures", [.. Clusters.SelectMany(Points)]) { GroupName = "cluster" }),
            ],
        };
    }

    private ReportTable Sizes() => new(
        "Clusters, the largest first",
        [new("Cluster"), new("Pictures", IsNumber: true), new("Share", IsNumber: true), new("Nearest to the center")],
        [
            .. Clusters.Select(cluster =>
            {
                double share = (double)cluster.Pictures.Count / _total;
                return (IReadOnlyList<ReportCell>)
                [
                    cluster.Name,
                    cluster.Pictures.Count,
                    new ReportCell(share.ToString("P1", CultureInfo.InvariantCulture), share),
                    Path.GetFileNameWithoutExtension(cluster.Pictures[0].Path),
                ];
            }),
        ]);

    private static IEnumerable<IReportPart> Show(PictureCluster cluster, int shown)
    {
        int count = cluster.Pictures.Count;
        yield return new ReportHeading(cluster.Name + (count > shown ? $", {shown} of {count} pictures" : $", {count} picture(s)"));
        yield return new ReportGrid([.. cluster.Pictures.Take(shown).Select(picture => new ReportPicture(picture.Path))]);
    }

    private static IEnumerable<MapPoint> Points(PictureCluster cluster)
        => cluster.Pictures.Select((picture, rank) => new MapPoint(picture.Path, cluster.Name, picture.Embedding)
        {
            Note = string.Create(CultureInfo.InvariantCulture, $"number {rank + 1} of {cluster.Pictures.Count} from the center"),
        });
}

/// <summary>A cluster.</summary>
/// <param name="Number">Its number, as a saved pipeline gives it.</param>
/// <param name="Pictures">Its pictures, nearest to the center first.</param>
internal sealed record PictureCluster(uint Number, IReadOnlyList<EmbeddedPicture> Pictures)
{
    public string Name => string.Create(CultureInfo.InvariantCulture, $"cluster {Number}");
}
