using System.Globalization;
using SkiaSharp;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Draws how similar each patch of a picture is to a text, or to a patch of another picture.</summary>
internal static class HeatmapSample
{
    private const int LongestSlug = 40;

    public static int Run(HeatmapRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        var pictures = DensePicture.Find(request.Images, context);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        output.WriteLine("Each patch is compared with what is looked for; red patches are the most similar ones.");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
        var queries = Queries(model, request, context, cancellationToken);
        var table = new TextTable().Name("picture", 5).Name("found", 4).Number("cosine", 3).Number("x", 2).Number("y", 2);
        List<HeatmapFound> found = [];
        int right = 0, known = 0;
        var embedded = DensePicture.Read(
            pictures, "Drawing heat maps", context, p => model.EmbedPatches(p.Source, request.Patches, cancellationToken));
        foreach (var (picture, patches) in embedded)
        {
            using var shown = picture.Show(out int height, out int width);
            var asked = queries.Count > 0 ? queries : Contents(model, picture, cancellationToken);
            string[] slugs = Slugs(asked);
            for (int i = 0; i < asked.Count; i++)
            {
                var map = SimilarityMap.Compute(patches, asked[i].Embedding);
                var (row, column, cosine) = map.Best;
                double x = (column + 0.5) / map.Columns, y = (row + 0.5) / map.Rows;
                string file = picture.OutputIn(request.Output, $".{slugs[i]}.heatmap.png");
                Draw(shown, map, (x, y), asked[i].Name, file);
                found.Add(new HeatmapFound(picture.Name, asked[i].Name, cosine, x * width, y * height, file));
                table.Row(picture.Name, asked[i].Name, Format.Score(cosine), Pixels(x * width), Pixels(y * height));
                int place = picture.Labels.ToList().IndexOf(asked[i].Name);
                if (place < 0) continue;
                known++;
                if ((int)(y * 2) * 2 + (int)(x * 2) == place) right++;
            }
        }

        context.Write(table);
        if (known > 0)
        {
            context.Findings.WriteLine(
                $"The most similar patch lies in the right quarter of the collage for {right} of {known} texts.");
        }

        output.WriteLine($"The heat maps are in '{Printable.Escape(request.Output)}'.");
        context.Finish(new HeatmapResult(model.Name, request.Output, found, known > 0 ? right : null, known > 0 ? known : null));
        return SampleCommands.Success;
    }

    private static List<Query> Queries(
        TipsModel model, HeatmapRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        PromptTemplate[] templates = [.. request.Templates.Select(PromptTemplate.Create)];
        var queries = Texts(model, request.Texts, templates.Length > 0 ? templates : PromptTemplate.LabelOnly, cancellationToken);
        foreach (var point in request.Points)
        {
            var source = context.Open(point.Picture);
            using var image = source.Decode();
            if (point.X >= image.Width || point.Y >= image.Height)
            {
                throw new SampleException(
                    $"--point is at {point.X},{point.Y}, but '{point.Picture}' has {image.Width}x{image.Height} pixels (width x height).");
            }

            var patches = model.EmbedPatches(source, request.Patches, cancellationToken);
            int row = point.Y * patches.Rows / image.Height, column = point.X * patches.Columns / image.Width;
            string name = $"{Path.GetFileNameWithoutExtension(point.Picture)} at {point.X},{point.Y}";
            queries.Add(new Query(name, patches[row, column].ToArray()));
        }

        return queries;
    }

    private static List<Query> Contents(TipsModel model, DensePicture picture, CancellationToken cancellationToken)
        => Texts(model, picture.Labels, BundledAssets.Templates, cancellationToken);

    private static List<Query> Texts(
        TipsModel model, IReadOnlyList<string> texts, IReadOnlyList<PromptTemplate> templates, CancellationToken cancellationToken)
        => [.. texts.Select(text => new Query(text, PromptEnsemble.Embed(model, text, templates, cancellationToken)))];

    private static void Draw(SKBitmap shown, SimilarityMap map, (double X, double Y) best, string name, string file)
    {
        float[] values = map.Resize(shown.Height, shown.Width);
        var spot = new SKPoint((float)(best.X * shown.Width), (float)(best.Y * shown.Height));
        using var drawn = HeatOverlay.Draw(shown, values, (map.Least, map.Best.Similarity), spot, Printable.Escape(name));
        Bitmaps.Save(drawn, file);
    }

    // Letters and digits of the texts; numbered where that is not enough to tell them apart.
    private static string[] Slugs(List<Query> queries)
    {
        string[] slugs = [.. queries.Select(query => Letters(query.Name))];
        for (int i = 1; i < slugs.Length; i++)
        {
            string letters = slugs[i];
            for (int number = 2; slugs.AsSpan(0, i).Contains(slugs[i]); number++) slugs[i] = $"{letters}-{number}";
        }

        return slugs;

        static string Letters(string text)
        {
            string letters = string.Concat(text.Select(c => char.IsLetterOrDigit(c) ? c : '-')).Trim('-');
            return letters.Length == 0 ? "text" : letters[..Math.Min(letters.Length, LongestSlug)];
        }
    }

    private static string Pixels(double number) => number.ToString("F0", CultureInfo.InvariantCulture);

    private sealed record Query(string Name, float[] Embedding);
}
