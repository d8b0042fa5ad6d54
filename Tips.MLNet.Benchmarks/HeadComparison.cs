using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Spectre.Console;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Benchmarks;

/// <summary>
/// Runs each head alone on tokens of S/14 at 448, in turns with a matrix product of ONNX Runtime, and compares the time with what the
/// head's multiplications would take at the rate of that product.
/// </summary>
internal static class HeadComparison
{
    private const int Grid = 32, Channels = 256, Width = 384;

    private static readonly (HeadTask Task, int Outputs)[] Heads
        = [(HeadTask.Depth, 256), (HeadTask.Normals, 3), (HeadTask.Segmentation, 150)];

    public static void Run(int turns)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string vision = Path.Combine(folder, "s14.npz"), output = Path.Combine(folder, "s14");
            FormulaCheckpoint.WriteVision(vision, TowerSize.Small, Grid, seed: 1);
            HeadSource[] sources = [.. Heads.Select(head =>
            {
                string path = Path.Combine(folder, $"{head.Task}.npz");
                HeadCheckpoint.WriteReleased(path, Width, head.Outputs, isFull: true);
                return new HeadSource(head.Task, path);
            })];
            ModelExporter.Export(new ExportRequest(vision, output) { Heads = sources, License = "none: benchmark data" });
            var manifest = ManifestSerializer.ReadFile(Path.Combine(output, TipsManifest.FileName));
            using var product = new MatrixProduct(folder);
            var table = new Table { Border = TableBorder.Simple };
            foreach (string column in (string[])["head", "GFLOP", "seconds, fastest", "GFLOP/s", "of the product's rate"])
                table.AddColumn(column);
            foreach (var (task, outputs) in Heads)
            {
                var head = manifest.Heads!.Single(h => h.Task == task.Name());
                using var session = new InferenceSession(Path.Combine(output, head.Graph.File));
                double best = double.MaxValue, bestProduct = double.MaxValue;
                for (int turn = 0; turn <= turns; turn++)
                {
                    double seconds = Time(() => RunHead(session, head)), productSeconds = Time(product.Run);
                    if (turn == 0) continue; // compiles
                    (best, bestProduct) = (Math.Min(best, seconds), Math.Min(bestProduct, productSeconds));
                }

                double flop = Flop(outputs), rate = flop / best, productRate = MatrixProduct.Flop / bestProduct;
                table.AddRow(task.Name(), Number(flop / 1e9), Number(best), Number(rate / 1e9), Number(rate / productRate));
            }

            AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
            AnsiConsole.WriteLine($"Heads on tokens of S/14 at 448, {turns} turns, {Environment.ProcessorCount} logical processors");
            AnsiConsole.Write(table);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
    }

    private static double Time(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }

    private static void RunHead(InferenceSession session, HeadManifest head)
    {
        float[] tokens = [.. FormulaValues.Picture("tokens", Grid * Grid + 2, Width / 3, seed: 1).Select(b => b / 128f - 1)];
        using var options = new RunOptions();
        using var level = OrtValue.CreateTensorValueFromMemory(tokens, [1, Grid * Grid + 2, Width]);
        using var grid = OrtValue.CreateTensorValueFromMemory(new long[] { Grid, Grid }, [2]);
        using var map = session.Run(
            options, [.. head.Graph.Levels, head.Graph.Grid], [level, level, level, level, grid], [head.Graph.Output]);
    }

    // Two for each multiplication that the graph executes: what is folded is counted once, bilinear steps not at all.
    private static double Flop(int outputs)
    {
        double flop = 0;
        for (int i = 0; i < 4; i++)
        {
            double points = Grid * Grid, level = Width >> (3 - i), side = Grid * Math.Pow(2, 2 - i);
            flop += points * Width * Width + Width * Width; // patches, and the CLS token once
            flop += points * Width * level;
            flop += points * level * level * i switch { 0 => 16, 1 => 4, 3 => 9 / 4.0, _ => 0 };
            double map = side * side;
            flop += map * level * Channels * 9;
            flop += map * Channels * Channels * 9 * (i == 3 ? 2 : 4); // the coarsest level has one unit of two convolutions
            flop += map * Channels * Channels;
        }

        double last = 16.0 * Grid / 2 * (16.0 * Grid / 2);
        flop += last * Channels * 9 * Math.Min(outputs, Channels);
        return 2 * flop;
    }
}
