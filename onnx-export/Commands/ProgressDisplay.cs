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
