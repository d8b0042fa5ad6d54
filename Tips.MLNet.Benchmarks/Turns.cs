using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Tips.MLNet.Benchmarks;

/// <summary>Measures ways of doing the same in turns, so that whatever else the machine does meets all of them alike. The ratio to the first is what counts.</summary>
internal static class Turns
{
    public static void Run(string title, int turns, params (string Name, Action Work)[] ways)
    {
        foreach (var (_, work) in ways) work(); // opens sessions, compiles
        double[][] times = [.. ways.Select(_ => new double[turns])];
        for (int turn = 0; turn < turns; turn++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                int way = (turn + i) % ways.Length;
                var clock = Stopwatch.StartNew();
                ways[way].Work();
                times[way][turn] = clock.Elapsed.TotalSeconds;
            }
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.WriteLine($"{title}, {turns} turns, {Environment.ProcessorCount} logical processors");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("way").AddColumn("seconds, mean").AddColumn("fastest").AddColumn("ratio of the means");
        for (int i = 0; i < ways.Length; i++)
            table.AddRow(ways[i].Name, Number(times[i].Average()), Number(times[i].Min()), Number(times[i].Average() / times[0].Average()));
        AnsiConsole.Write(table);

        static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
    }
}
