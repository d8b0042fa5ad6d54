using System.Globalization;
using Spectre.Console;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;

namespace Tips.OnnxExport.Commands;

/// <summary>Shows how an export gets on, on standard error: bars on a terminal, a line now and then elsewhere.</summary>
internal static class ProgressDisplay
{
    public static T Run<T>(TextWriter error, Func<IProgress<ExportProgress>, T> work)
    {
        T result = default!;
        PlainConsole.Create(error).Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new RemainingTimeColumn())
            .Start(context => result = work(new Bars(context)));
        return result;
    }

    /// <summary>Shows work that is counted in pieces.</summary>
    public static T RunCounted<T>(TextWriter error, string step, Func<IProgress<(int Done, int Total)>, T> work)
    {
        T result = default!;
        PlainConsole.Create(error).Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => result = work(new Counter(context.AddTask(step))));
        return result;
    }

    /// <summary>Shows downloads: a bar a step, with speed and time left. What the work notes goes above the bars.</summary>
    public static async Task<T> DownloadAsync<T>(TextWriter error, Func<IProgress<DownloadProgress>, Action<string>, Task<T>> work)
    {
        var console = PlainConsole.Create(error);
        return await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Downloads(context), note => console.WriteLine(Printable.Escape(note))));
    }

    // Reports come from several threads. A bar counts from where its step begins, so that what an earlier run has fetched is no speed.
    private sealed class Downloads(ProgressContext context) : IProgress<DownloadProgress>
    {
        private readonly Lock _lock = new();
        private (ProgressTask Bar, string Step, long Start)? _current;

        public void Report(DownloadProgress value)
        {
            lock (_lock)
            {
                if (_current?.Step != value.Step || _current?.Start != value.Start)
                {
                    _current?.Bar.StopTask();
                    string from = value is { Start: > 0, Total: > 0 } ? string.Create(CultureInfo.InvariantCulture, $" (from {100.0 * value.Start / value.Total.Value:F0} %)") : "";
                    _current = (context.AddTask(Markup.Escape(value.Step + from)), value.Step, value.Start);
                }

                var bar = _current.Value.Bar;
                bar.IsIndeterminate = value.Total is null;
                bar.MaxValue = Math.Max((value.Total ?? value.Done + 1) - value.Start, 1);
                bar.Value = value.Done - value.Start;
            }
        }
    }

    private sealed class Counter(ProgressTask bar) : IProgress<(int Done, int Total)>
    {
        public void Report((int Done, int Total) value)
        {
            bar.MaxValue = value.Total;
            bar.Value = value.Done;
        }
    }

    private sealed class Bars(ProgressContext context) : IProgress<ExportProgress>
    {
        private ProgressTask? _bar;

        public void Report(ExportProgress value)
        {
            if (_bar?.Description != value.Step)
            {
                _bar?.StopTask();
                _bar = context.AddTask(value.Step, maxValue: Math.Max(value.Total, 1));
            }

            _bar.Value = value.Done;
        }
    }
}
