using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>
/// Compares methods of embedding the same files. They take turns, a few files at a time, so that other load on the machine affects all of
/// them alike. The ratio is what counts.
/// </summary>
internal static class PipelineComparison
{
    private const int FilesPerTurn = 20;

    public static void Run(int pictures, int imageSize, string? modelFolder)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string[] files = JpegFiles.Write(Path.Combine(folder, "jpeg"), pictures);
            using var model = TipsModel.Load(modelFolder ?? Export(folder, imageSize));
            using var bare = new BareSession(model);
            IEmbeddingMethod[] methods = [bare, new PathPipeline(model), new TipsPipeline(model), new OnnxTransformPipeline(model)];
            string[][] turns = [.. files.Chunk(FilesPerTurn)];
            foreach (var method in methods) method.Embed(turns[0][..4]); // opens sessions, compiles

            var times = methods.ToDictionary(m => m, _ => new List<double>());
            for (int turn = 0; turn < turns.Length; turn++)
            {
                bare.Prepare(turns[turn]);
                for (int i = 0; i < methods.Length; i++)
                {
                    var method = methods[(turn + i) % methods.Length];
                    var clock = Stopwatch.StartNew();
                    method.Embed(turns[turn]);
                    times[method].Add(clock.Elapsed.TotalMilliseconds / turns[turn].Length);
                }
            }

            Print(model, files.Length, methods, times);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Export(string folder, int imageSize)
    {
        string checkpoint = Path.Combine(folder, "s14.npz"), output = Path.Combine(folder, "s14");
        FormulaCheckpoint.WriteVision(checkpoint, TowerSize.Small, imageSize / 14, seed: 1);
        ModelExporter.Export(new ExportRequest(checkpoint, output) { License = "none: benchmark data" });
        return output;
    }

    private static void Print(
        TipsModel model, int files, IEmbeddingMethod[] methods, Dictionary<IEmbeddingMethod, List<double>> times)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        string input = $"{files} JPEG files of 640x480";
        string size = $"{model.ImageHeight}x{model.ImageWidth}";
        AnsiConsole.WriteLine($"{model.Manifest.Variant} at {size}, {input}, {Environment.ProcessorCount} logical processors");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("method").AddColumn("ms per picture").AddColumn("ratio").AddColumn("median ratio per turn");
        var baseline = times[methods[0]];
        foreach (var method in methods)
        {
            double[] ratios = [.. times[method].Zip(baseline, (a, b) => a / b).Order()];
            double median = (ratios[(ratios.Length - 1) / 2] + ratios[ratios.Length / 2]) / 2;
            double mean = times[method].Average();
            table.AddRow(method.Name, Number(mean), Number(mean / baseline.Average()), Number(median));
        }

        AnsiConsole.Write(table);

        static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
    }
}
