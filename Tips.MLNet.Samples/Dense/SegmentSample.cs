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
        foreach (var (picture, map) in DensePicture.Read(pictures, "Segmenting", context, p => segment(p.Source, cancellationToken)))
        {
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

        var classes = Classes(labels, [.. pixels.Select(p => p / done)], metrics);
        Print(context, classes, metrics);
        output.WriteLine($"Classes and pictures are in '{Printable.Escape(request.Output)}'.");
        context.Finish(new SegmentResult(
            model.Name, request.Output, done, classes, metrics?.MeanIntersectionOverUnion, metrics?.Accuracy, metrics?.Total));
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

    // Those that were found or are true somewhere.
    private static SegmentShare[] Classes(IReadOnlyList<string> labels, double[] pixels, SegmentationMetrics? metrics)
        => [.. labels.Select((label, c) => new SegmentShare(label, pixels[c], metrics?.IntersectionOverUnion(c)))
            .Where(c => c.Share > 0 || c.IntersectionOverUnion is { } iou && !double.IsNaN(iou))
            .OrderByDescending(c => c.Share)];

    private static void Print(SampleContext context, SegmentShare[] classes, SegmentationMetrics? metrics)
    {
        var table = new TextTable().Name("class", 3).Number("pixels", 2);
        if (metrics is not null) table.Number("IoU", 1);
        foreach (var c in classes.Take(RowsShown))
        {
            string[] agreement = metrics is null ? [] : [Format.Percent(c.IntersectionOverUnion!.Value)];
            table.Row([c.Label, Format.Percent(c.Share), .. agreement]);
        }

        context.Write(table);
        if (classes.Length > RowsShown) context.Findings.WriteLine($"… and {classes.Length - RowsShown} more classes.");
        if (metrics is null) return;
        string mean = Format.Percent(metrics.MeanIntersectionOverUnion), accuracy = Format.Percent(metrics.Accuracy);
        context.Findings.WriteLine($"mIoU {mean}, pixel accuracy {accuracy}, over {Format.Count(metrics.Total)} pixels.");
    }
}
