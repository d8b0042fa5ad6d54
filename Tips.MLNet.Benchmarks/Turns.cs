using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Tips.MLNet.Benchmarks;

/// <summary>
/// Compares methods of doing the same thing. They take turns, so that other load on the machine affects all of them alike. The ratio to the
/// first method is what counts.
/// </summary>
internal static class Turns
{
    /// <returns>The mean time of each method in seconds.</returns>
    public static double[] Run(string title, int turns, params (string Name, Action Work)[] methods)
    {
        foreach (var (_, work) in methods) work(); // opens sessions, compiles
        double[][] times = [.. methods.Select(_ => new double[turns])];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int i = 0; i < methods.Length; i++)
            {
                int method = (turn + i) % methods.Length;
                var clock = Stopwatch.StartNew();
                methods[method].Work();
                times[method][turn] = clock.Elapsed.TotalSeconds;
            }
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.WriteLine($"{title}, {turns} turns, {Environment.ProcessorCount} logical processors");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("method").AddColumn("seconds, mean").AddColumn("fastest").AddColumn("ratio of means");
        for (int i = 0; i < methods.Length; i++)
        {
            double mean = times[i].Average();
            table.AddRow(methods[i].Name, Number(mean), Number(times[i].Min()), Number(mean / times[0].Average()));
        }

        AnsiConsole.Write(table);
        return [.. times.Select(t => t.Average())];

        static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
    }
}
