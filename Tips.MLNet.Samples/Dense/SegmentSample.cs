using System.Globalization;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Zero-shot segmentation: a class for every pixel, from nothing but the names of the classes.</summary>
internal static class SegmentSample
{
    private const int RowsShown = 40;

    public static int Run(SegmentRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        var pictures = DensePicture.Find(request.Images, context);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        var segment = request.Head ? ByHead(model, output) : ByNames(model, pictures, request, output, cancellationToken);
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        IReadOnlyList<string> labels = [];
        SegmentationMetrics? metrics = null;
        double[] pixels = [];
        int done = 0;
        foreach (var picture in pictures)
        {
            if (!context.LeftOut.TryRead(() => segment(picture.Source, cancellationToken), out var map)) continue;
            done++;
            if (labels.Count == 0) (labels, pixels) = (map.Labels, new double[map.Labels.Count]);
            if (request.Truth is not null) AddTruth(metrics ??= new SegmentationMetrics(labels.Count), request, picture, map);
            double[] shares = map.Shares();
            for (int i = 0; i < shares.Length; i++) pixels[i] += shares[i];
            Bitmaps.SaveGray(map.Classes, map.Height, map.Width, picture.OutputIn(request.Output, ".classes.png"));
            using var shown = picture.Show(out _, out _);
            using var drawn = SegmentOverlay.Draw(shown, map);
            Bitmaps.Save(drawn, picture.OutputIn(request.Output, ".segments.png"));
        }

        Print(PlainConsole.Create(output), labels, [.. pixels.Select(p => p / done)], metrics);
        if (metrics is not null)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"mIoU {metrics.MeanIntersectionOverUnion:P1}, pixel accuracy {metrics.Accuracy:P1}, over {metrics.Total:N0} pixels."));
        }

        output.WriteLine($"Classes and pictures are in {Printable.Escape(request.Output)}.");
        return SampleCommands.Success;
    }

    private static Func<ImageSource, CancellationToken, ClassMap> ByNames(
        TipsModel model,
        IReadOnlyList<DensePicture> pictures,
        SegmentRequest request,
        TextWriter output,
        CancellationToken cancellationToken)
    {
        bool isBundled = request.ModelFolder is null;
        IReadOnlyList<PromptTemplate> templates = request.Templates.Count > 0
            ? [.. request.Templates.Select(PromptTemplate.Create)]
            : isBundled ? BundledAssets.Templates : PromptTemplate.Reference;
        var classes = request.Labels is null ? LabelFile.Of(pictures) : LabelFile.Read(request.Labels);
        var classifier = ZeroShotClassifier.Create(
            model, LabelFile.Prompts(classes, templates), temperature: 1, cancellationToken: cancellationToken);
        var segmenter = new ZeroShotSegmenter(model, classifier);
        var options = new SegmentationOptions
        {
            Mode = request.Mode,
            ImageSize = request.ImageSize ?? (isBundled && request.Images is null ? Collage.Side : null),
            ValuePath = request.ValuePath ?? !isBundled,
        };
        output.WriteLine($"Every pixel gets the class, of {classes.Count}, whose name fits best. Nothing is trained.");
        return (picture, token) => segmenter.Segment(picture, options, token);
    }

    private static Func<ImageSource, CancellationToken, ClassMap> ByHead(TipsModel model, TextWriter output)
    {
        var options = new DensePredictionOptions { Tasks = [DenseTask.Segmentation] };
        output.WriteLine("Every pixel gets one of the classes that the model's head was trained on.");
        return (picture, token) => DensePrediction.Compute(model, picture, options, token).Segmentation!;
    }

    private static void AddTruth(SegmentationMetrics metrics, SegmentRequest request, DensePicture picture, ClassMap map)
    {
        string file = Path.Combine(request.Truth!, picture.Stem + ".png");
        byte[] labels = GrayPng.Read(file, out int height, out int width);
        if ((height, width) != (map.Height, map.Width))
        {
            throw new SampleException(
                $"The true classes in '{file}' have {height}x{width} pixels (height x width), but the picture has "
                + $"{map.Height}x{map.Width}.");
        }

        try
        {
            metrics.Add(labels, map.Classes, request.LabelOffset, request.Ignore);
        }
        catch (ArgumentException e)
        {
            throw new SampleException($"The true classes in '{file}' do not fit: {e.Message}");
        }
    }

    private static void Print(IAnsiConsole console, IReadOnlyList<string> labels, double[] pixels, SegmentationMetrics? metrics)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("class").AddColumn(new TableColumn("pixels").RightAligned());
        if (metrics is not null) table.AddColumn(new TableColumn("IoU").RightAligned());
        var rows = Enumerable.Range(0, labels.Count)
            .Where(c => pixels[c] > 0 || (metrics is not null && !double.IsNaN(metrics.IntersectionOverUnion(c))))
            .OrderByDescending(c => pixels[c]).ToArray();
        foreach (int c in rows.Take(RowsShown))
        {
            List<string> cells = [Markup.Escape(Printable.Escape(labels[c])), Percent(pixels[c])];
            if (metrics is not null) cells.Add(Percent(metrics.IntersectionOverUnion(c)));
            table.AddRow([.. cells]);
        }

        console.Write(table);
        if (rows.Length > RowsShown) console.WriteLine($"… and {rows.Length - RowsShown} more classes.");

        static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
    }
}
