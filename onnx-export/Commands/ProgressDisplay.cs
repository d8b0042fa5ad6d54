using System.Globalization;
using Spectre.Console;
using Tips.CommandLine;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Commands;

/// <summary>What progress is counted in.</summary>
internal enum ProgressUnit
{
    /// <summary>Bytes that are read or written.</summary>
    Bytes,

    /// <summary>Bytes that come over a network; their speed is shown, too.</summary>
    Transfer,

    /// <summary>Pictures and texts.</summary>
    Pieces,
}

/// <summary>Shows the progress of work on standard error: bars on a terminal, an occasional line elsewhere.</summary>
internal static class ProgressDisplay
{
    public static T Run<T>(TextWriter error, ProgressUnit unit, Func<IProgress<WorkProgress>, T> work)
    {
        T result = default!;
        Create(error, unit).Progress.Start(context => result = work(new Bars(context)));
        return result;
    }

    /// <summary>Notes from the work are printed above the bars.</summary>
    public static Task<T> RunAsync<T>(TextWriter error, ProgressUnit unit, Func<IProgress<WorkProgress>, Action<string>, Task<T>> work)
    {
        var (console, progress) = Create(error, unit);
        return progress.StartAsync(context => work(new Bars(context), note => console.WriteLine(Printable.Escape(note))));
    }

    private static (IAnsiConsole Console, Progress Progress) Create(TextWriter error, ProgressUnit unit)
    {
        var console = PlainConsole.Create(error, widthWithoutTerminal: 2000); // so that an address in a note is not broken
        ProgressColumn[] amounts = unit switch
        {
            ProgressUnit.Bytes => [new DownloadedColumn()],
            ProgressUnit.Transfer => [new DownloadedColumn(), new TransferSpeedColumn()],
            _ => [],
        };
        return (console, console.Progress().Columns(
            [new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), .. amounts, new RemainingTimeColumn()]));
    }

    // Reports come from several threads. A bar counts from where its step begins, so that the speed leaves out the work of an earlier run.
    private sealed class Bars(ProgressContext context) : IProgress<WorkProgress>
    {
        private readonly Lock _lock = new();
        private (ProgressTask Bar, string Step, long Start)? _current;

        public void Report(WorkProgress value)
        {
            lock (_lock)
            {
                if (_current?.Step != value.Step || _current?.Start != value.Start)
                {
                    _current?.Bar.StopTask();
                    string from = value is { Start: > 0, Total: > 0 }
                        ? string.Create(CultureInfo.InvariantCulture, $" (from {100.0 * value.Start / value.Total.Value:F0} %)")
                        : "";
                    _current = (context.AddTask(Markup.Escape(Printable.Escape(value.Step + from))), value.Step, value.Start);
                }

                var bar = _current.Value.Bar;
                bar.IsIndeterminate = value.Total is null;
                bar.MaxValue = Math.Max((value.Total ?? value.Done + 1) - value.Start, 1);
                bar.Value = value.Done - value.Start;
            }
        }
    }
}
