using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Commands;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>
/// Measures ways of embedding the same files in turns, a few files at a time, so that whatever else the machine does meets all of them
/// alike. The ratio is what counts.
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
            IEmbeddingWay[] ways = [bare, new TipsPipeline(model), new OnnxTransformPipeline(model)];
            string[][] turns = [.. files.Chunk(FilesPerTurn)];
            foreach (var way in ways) way.Embed(turns[0][..4]); // opens sessions, compiles

            var times = ways.ToDictionary(w => w, _ => new List<double>());
            for (int turn = 0; turn < turns.Length; turn++)
            {
                bare.Prepare(turns[turn]);
                for (int i = 0; i < ways.Length; i++)
                {
                    var way = ways[(turn + i) % ways.Length];
                    var clock = Stopwatch.StartNew();
                    way.Embed(turns[turn]);
                    times[way].Add(clock.Elapsed.TotalMilliseconds / turns[turn].Length);
                }
            }

            Print(model, files.Length, ways, times);
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

    private static void Print(TipsModel model, int files, IEmbeddingWay[] ways, Dictionary<IEmbeddingWay, List<double>> times)
    {
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Manifest.Variant} at {model.ImageHeight}x{model.ImageWidth}, {files} JPEG files of {JpegFiles.Width}x{JpegFiles.Height}, {Environment.ProcessorCount} logical processors"));
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("way").AddColumn("ms per picture").AddColumn("ratio").AddColumn("median ratio of a turn");
        double reference = times[ways[0]].Average();
        foreach (var way in ways)
        {
            double[] ratios = [.. times[way].Zip(times[ways[0]], (a, b) => a / b).Order()];
            double median = (ratios[(ratios.Length - 1) / 2] + ratios[ratios.Length / 2]) / 2;
            table.AddRow(way.Name, Number(times[way].Average()), Number(times[way].Average() / reference), Number(median));
        }

        AnsiConsole.Write(table);

        static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
    }
}
