using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using SkiaSharp;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>depth</c>: how far away every pixel is, by a head of the model.</summary>
internal static class DepthCommand
{
    private const float MillimetersPerMeter = 1000;

    public static Command Create(SampleContext context)
    {
        var model = HeadOptions.Model();
        var images = HeadOptions.Images();
        var folder = DenseOptions.Output(
            "depth", "the results: NAME.depth.npy (height x width, meters), NAME.depth.png, and NAME.depth16.png (16 bits, millimeters)");
        var command = new Command("depth", "Predict how far away every pixel is, with a model that has a head for depth.")
        {
            model, images, folder,
        };
        command.SetAction((parsed, token) => Task.Run(
            () => Run(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(images), parsed.GetRequiredValue(folder), context, token),
            token));
        return command;
    }

    /// <summary>The colors of the demo: the nearest pixel dark blue, the farthest dark red.</summary>
    internal static SKBitmap Draw(DepthMap map)
    {
        float least = map.Meters[0], most = least;
        foreach (float meters in map.Meters) (least, most) = (Math.Min(least, meters), Math.Max(most, meters));
        double range = most - least + 1e-8;
        return Bitmaps.Paint(map.Height, map.Width, i => Turbo.Color((map.Meters[i] - least) / range));
    }

    private static int Run(
        string modelFolder, string images, string folder, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        var pictures = DensePicture.Find(images, context);
        using var model = TipsModel.Load(modelFolder);
        var options = new DensePredictionOptions { Tasks = [DenseTask.Depth] };
        var table = new TextTable().Name("picture", 4).Number("nearest, m", 2).Number("median, m", 3).Number("farthest, m", 1);
        List<string> notes = [];
        List<DepthSummary> summaries = [];
        var predictions = DensePicture.Read(
            pictures, "Predicting depth", context, p => DensePrediction.Compute(model, p.Source, options, cancellationToken));
        foreach (var (picture, prediction) in predictions)
        {
            var map = prediction.Depth!;
            float[] meters = map.Meters.ToArray();
            string file = picture.OutputIn(folder, ".depth.npy");
            NpyFile.Write(file, meters, map.Height, map.Width);
            using (var drawn = Draw(map)) Bitmaps.Save(drawn, picture.OutputIn(folder, ".depth.png"));
            string millimeters = picture.OutputIn(folder, ".depth16.png");
            if (meters.Max() * MillimetersPerMeter <= ushort.MaxValue) SaveMillimeters(meters, map, millimeters);
            else notes.Add($"There is no '{millimeters}': 16 bits hold at most {ushort.MaxValue} millimeters.");
            Array.Sort(meters);
            var summary = new DepthSummary(picture.Name, file, meters[0], meters[meters.Length / 2], meters[^1]);
            summaries.Add(summary);
            table.Row(picture.Name, Text(summary.NearestMeters), Text(summary.MedianMeters), Text(summary.FarthestMeters));
        }

        context.Write(table);
        foreach (string note in notes) context.Findings.WriteLine(Printable.Escape(note));
        output.WriteLine($"Depths and pictures are in '{Printable.Escape(folder)}'.");
        context.Finish(new DepthResult(model.Name, folder, summaries));
        return SampleCommands.Success;

        static string Text(float meters) => meters.ToString("F2", CultureInfo.InvariantCulture);
    }

    private static void SaveMillimeters(float[] meters, DepthMap map, string file)
    {
        ushort[] values = Array.ConvertAll(meters, m => (ushort)MathF.Round(m * MillimetersPerMeter));
        Png16.Save(MemoryMarshal.AsBytes<ushort>(values), map.Height, map.Width, file);
    }
}
