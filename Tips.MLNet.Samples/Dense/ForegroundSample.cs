using System.Globalization;
using Microsoft.ML;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary>A logistic regression on patches tells foreground from background.</summary>
internal static class ForegroundSample
{
    /// <summary>Twice the tiny model's own height: a finer grid.</summary>
    private const int BundledHeight = 168;

    public static int Run(ForegroundRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        if (request.Pipeline is not null) context.CheckOutput(request.Pipeline);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        IReadOnlyList<DensePicture> pictures = [];
        ForegroundClassifier classifier;
        IReadOnlyList<ForegroundScore> scores = [];
        if (request.Load is not null)
        {
            classifier = ForegroundClassifier.Load(request.Load);
        }
        else
        {
            var known = request.Images is null ? MaskedPicture.Bundled() : MaskedPicture.Find(request.Images, request.Masks, context);
            pictures = [.. known.Select(k => k.Picture)];
            (classifier, scores) = Train(model, known, request, context, cancellationToken);
        }

        if (request.Apply is not null) pictures = DensePicture.Find(request.Apply, context);
        int drawn = 0;
        foreach (var (picture, map) in DensePicture.Read(
            pictures, "Finding the foreground", context, p => classifier.Classify(model, p.Source, cancellationToken)))
        {
            Draw(picture, map, request.Output);
            drawn++;
        }

        output.WriteLine($"The foreground of {drawn} picture(s) is in '{Printable.Escape(request.Output)}'.");
        if (request.Pipeline is not null) Save(model, classifier, request.Pipeline, context);
        context.Finish(new ForegroundResult(
            model.Name, request.Output, drawn, request.Load ?? FileIn(request.Output), scores, request.Pipeline));
        return SampleCommands.Success;
    }

    private static string FileIn(string folder) => Path.Combine(folder, "foreground.json");

    private static (ForegroundClassifier Classifier, IReadOnlyList<ForegroundScore> Scores) Train(
        TipsModel model,
        IReadOnlyList<MaskedPicture> known,
        ForegroundRequest request,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var output = context.Report;
        int? height = request.ImageHeight ?? (request.ModelFolder is null ? BundledHeight : null);
        var read = new List<(MaskedPicture Picture, ForegroundExample Example)>();
        foreach (var k in known)
        {
            bool isRead = context.LeftOut.TryRead(
                () => ForegroundExample.Create(model, k.Picture.Source, k.Mask, height, cancellationToken), out var example);
            if (isRead) read.Add((k, example));
        }

        if (read.Count == 0) throw new SampleException("No picture with its mask can be read.");
        ForegroundExample[] examples = [.. read.Select(r => r.Example)];
        output.WriteLine(
            $"{examples.Length} pictures have {examples.Sum(e => e.UsedCount)} patches that are clearly foreground "
            + $"({examples.Sum(e => e.PositiveCount)}) or background.");
        output.WriteLine();
        IReadOnlyList<ForegroundScore> means = [];
        if (examples.Length > 1)
        {
            double[][] scores = LeaveOneOut(examples, context, cancellationToken);
            means = Means(scores);
            Print(context, [.. read.Select(r => r.Picture)], scores, means);
        }

        var classifier = ForegroundClassifier.Train(model, examples, request.C, cancellationToken);
        Directory.CreateDirectory(request.Output);
        string file = FileIn(request.Output);
        classifier.Save(file);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Trained on all pictures with C = {classifier.C:R}, saved as '{Printable.Escape(file)}'."));
        return (classifier, means);
    }

    private static void Save(TipsModel model, ForegroundClassifier classifier, string file, SampleContext context)
    {
        var mlContext = new MLContext();
        var options = new TipsForegroundOptions { Upright = context.Upright };
        var step = mlContext.Transforms.TipsForeground("Foreground", nameof(Picture.Path), model, classifier, options)
            .Fit(mlContext.Data.LoadFromEnumerable<Picture>([]));
        PipelineFile.Save(context, mlContext, file, "foreground", step);
        CSharpProgram.Foreground.Print(context.Report, file);
    }

    private static double[][] LeaveOneOut(ForegroundExample[] examples, SampleContext context, CancellationToken cancellationToken)
    {
        using var progress = context.StartProgress("Leaving one out", examples.Length * ForegroundClassifier.NotebookCs.Count);
        double[][] scores = ForegroundClassifier.LeaveOneOut(
            examples, progress: new SynchronousProgress(progress), cancellationToken: cancellationToken);
        progress.Complete();
        return scores;
    }

    // A picture without which there is no foreground, or no background, to learn from has no score.
    private static ForegroundScore[] Means(double[][] scores) => [.. ForegroundClassifier.NotebookCs.Select((c, j)
        => new ForegroundScore(c, scores.Select(s => s[j]).Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average()))];

    // The nearer to the default, the more important is a column.
    private static void Print(
        SampleContext context, IReadOnlyList<MaskedPicture> known, double[][] scores, IReadOnlyList<ForegroundScore> means)
    {
        var table = new TextTable("Average precision on the picture left out, by C").Name("picture", 1);
        foreach (double c in means.Select(m => m.C))
        {
            int distance = (int)Math.Round(Math.Abs(Math.Log10(c / ForegroundClassifier.DefaultC)));
            table.Number(c.ToString("0E-0", CultureInfo.InvariantCulture), -distance);
        }

        for (int i = 0; i < known.Count; i++) table.Row([known[i].Picture.Name, .. scores[i].Select(Format.Score)]);
        table.Row(["mean", .. means.Select(m => Format.Score(m.MeanAveragePrecision))]);
        context.Write(table);
    }

    private static void Draw(DensePicture picture, ForegroundMap map, string folder)
    {
        using var shown = picture.Show(out _, out _);
        float[] values = Enlarge(map, shown.Height, shown.Width);
        using var drawn = HeatOverlay.Draw(shown, values, (0, 1), spot: null, "probability of foreground");
        using var both = Bitmaps.Beside(shown, drawn);
        Bitmaps.Save(both, picture.OutputIn(folder, ".foreground.png"));
    }

    private static float[] Enlarge(ForegroundMap map, int height, int width)
    {
        float[] values = new float[height * width];
        for (int i = 0; i < values.Length; i++)
            values[i] = map.Smoothed[i / width * map.Rows / height * map.Columns + i % width * map.Columns / width];
        return values;
    }

    // Progress<T> reports on another thread, after the line has ended.
    private sealed class SynchronousProgress(ProgressLine line) : IProgress<int>
    {
        public void Report(int value) => line.Report(value);
    }
}
