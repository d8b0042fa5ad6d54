using Microsoft.ML;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Report;

namespace Tips.MLNet.Samples.Cluster;

/// <summary>ML.NET's k-means over embeddings, with the pictures nearest to each center.</summary>
internal static class ClusterSample
{
    private const int PicturesPerRow = 8, NamesPerCluster = 4;

    public static int Run(
        string? modelFolder,
        string? images,
        int clusters,
        (string Sheet, string? Pipeline) files,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var output = context.Report;
        ContactSheet.Check(context, files.Sheet);
        if (files.Pipeline is not null) context.CheckOutput(files.Pipeline);
        var pictures = PictureFiles.OrBundled(images, context.LeftOut);
        if (pictures.Count < clusters)
            throw new SampleException($"Found {pictures.Count} picture(s), expected at least one for each of {clusters} clusters.");
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        output.WriteLine($"{pictures.Count} pictures are grouped into {clusters} clusters of similar embeddings.");
        if (modelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        var mlContext = new MLContext(seed: 1);
        var embedded = EmbeddingProgress.Embed(context, model, pictures, cancellationToken);
        int different = embedded.Select(e => string.Join(' ', e.Embedding)).Distinct().Count();
        if (different < clusters)
        {
            throw new SampleException(
                $"Found {different} different embedding(s), expected at least one for each of {clusters} clusters.");
        }

        var rows = EmbeddingProgress.ToDataView(mlContext, embedded, model.EmbeddingDimension);
        var transformer = mlContext.Clustering.Trainers.KMeans("Embedding", numberOfClusters: clusters).Fit(rows);
        var members = mlContext.Data.CreateEnumerable<Member>(transformer.Transform(rows), reuseRowObject: false)
            .GroupBy(m => m.PredictedLabel).OrderByDescending(g => g.Count()).ThenBy(g => g.Key)
            .Select(g => g.OrderBy(m => m.Distance).ThenBy(m => m.Path, StringComparer.Ordinal).ToArray())
            .ToArray();

        var table = new TextTable().Name("cluster", 2).Number("pictures", 1).Name("most typical", 3);
        for (int i = 0; i < members.Length; i++)
        {
            string names = string.Join(", ", members[i].Take(NamesPerCluster).Select(m => Path.GetFileNameWithoutExtension(m.Path)));
            table.Row(Format.Count(members[i][0].PredictedLabel), Format.Count(members[i].Length), names);
        }

        context.Write(table);
        ContactSheet.Save(context, files.Sheet, [.. members.Select(group => new SheetRow(Caption(group), PicturesOf(group)))]);
        output.WriteLine($"The contact sheet is '{Printable.Escape(files.Sheet)}'.");
        if (files.Pipeline is not null)
        {
            var embedder = EmbeddingProgress.CreateEmbedder(context, mlContext, model);
            PipelineFile.Save(context, mlContext, files.Pipeline, "cluster", embedder, transformer);
            CSharpProgram.Clusters.Print(output, files.Pipeline);
        }

        new ClusterReport(model.Name, [.. members.Select(group => new PictureCluster(group[0].PredictedLabel, group))])
            .Write(context, cancellationToken);
        context.Finish(new ClusterResult(
            model.Name,
            embedded.Count,
            [.. members.Select(group => new ClusterMembers(group[0].PredictedLabel, [.. group.Select(m => m.Path)]))],
            files.Sheet,
            files.Pipeline));
        return SampleCommands.Success;

        // The number that the pipeline gives it.
        static string Caption(Member[] group)
            => $"cluster {group[0].PredictedLabel}: {group.Length} pictures, with their distances from its center";

        static SheetPicture[] PicturesOf(Member[] group)
            => [.. group.Take(PicturesPerRow).Select(m => new SheetPicture(m.Path, m.Distance, m.Label))];
    }

    private sealed class Member : EmbeddedPicture
    {
        public uint PredictedLabel { get; set; }

        // Squared distances to the centers.
        public float[] Score { get; set; } = [];

        public double Distance => Math.Sqrt(Math.Max(Score[PredictedLabel - 1], 0));
    }
}
