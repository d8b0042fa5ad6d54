using Spectre.Console;
using Tips.CommandLine;

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
