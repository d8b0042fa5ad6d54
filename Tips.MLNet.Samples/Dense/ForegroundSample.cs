using System.Globalization;
using Microsoft.ML;
using Spectre.Console;
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
        if (request.Pipeline is not null) OutputFile.CheckWritable(request.Pipeline);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        IReadOnlyList<DensePicture> pictures = [];
        ForegroundClassifier classifier;
        if (request.Load is not null)
        {
            classifier = ForegroundClassifier.Load(request.Load);
        }
        else
        {
            var known = request.Images is null ? MaskedPicture.Bundled() : MaskedPicture.Find(request.Images, request.Masks, context);
            pictures = [.. known.Select(k => k.Picture)];
            classifier = Train(model, known, request, context, cancellationToken);
        }

        if (request.Apply is not null) pictures = DensePicture.Find(request.Apply, context);
        int drawn = 0;
        foreach (var picture in pictures)
        {
            if (!context.LeftOut.TryRead(() => classifier.Classify(model, picture.Source, cancellationToken), out var map)) continue;
            Draw(picture, map, request.Output);
            drawn++;
        }

        output.WriteLine($"The foreground of {drawn} picture(s) is in {Printable.Escape(request.Output)}.");
        if (request.Pipeline is not null) Save(model, classifier, request.Pipeline, context);
        return SampleCommands.Success;
    }

    private static ForegroundClassifier Train(
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
        var console = PlainConsole.Create(output);
        if (examples.Length > 1)
        {
            double[][] scores = EmbeddingProgress.Bars(console).Start(progress =>
            {
                var bar = progress.AddTask("Leaving one out", maxValue: examples.Length * ForegroundClassifier.NotebookCs.Count);
                var report = new SynchronousProgress(done => bar.Value = done);
                return ForegroundClassifier.LeaveOneOut(examples, progress: report, cancellationToken: cancellationToken);
            });
            Print(console, [.. read.Select(r => r.Picture)], scores);
        }

        var classifier = ForegroundClassifier.Train(model, examples, request.C, cancellationToken);
        Directory.CreateDirectory(request.Output);
        string file = Path.Combine(request.Output, "foreground.json");
        classifier.Save(file);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"Trained on all pictures with C = {classifier.C:R}, saved as {Printable.Escape(file)}."));
        return classifier;
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

    private static void Print(IAnsiConsole console, IReadOnlyList<MaskedPicture> known, double[][] scores)
    {
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle("Average precision on the picture left out, by C") };
        table.AddColumn("picture");
        foreach (double c in ForegroundClassifier.NotebookCs)
            table.AddColumn(new TableColumn(c.ToString("0E-0", CultureInfo.InvariantCulture)).RightAligned());
        for (int i = 0; i < known.Count; i++) Add(known[i].Picture.Name, scores[i]);
        Add("mean", [.. Enumerable.Range(0, ForegroundClassifier.NotebookCs.Count).Select(j => Mean(scores.Select(s => s[j])))]);
        console.Write(table);

        void Add(string name, double[] values) => table.AddRow([Markup.Escape(Printable.Escape(name)), .. values.Select(Text)]);

        // A picture without which there is no foreground, or no background, to learn from has no score.
        static double Mean(IEnumerable<double> values) => values.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average();

        static string Text(double value) => double.IsNaN(value) ? "–" : value.ToString("F3", CultureInfo.InvariantCulture);
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

    // Progress<T> reports on another thread, after the bar has ended.
    private sealed class SynchronousProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
