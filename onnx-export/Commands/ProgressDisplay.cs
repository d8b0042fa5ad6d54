using Tips.CommandLine;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Commands;

/// <summary>What progress is counted in.</summary>
internal enum ProgressUnit
{
    /// <summary>Bytes that are read or written, or come over a network.</summary>
    Bytes,

    /// <summary>Pictures and texts.</summary>
    Pieces,
}

/// <summary>Shows the progress of work on standard error, a line for each of its steps.</summary>
internal static class ProgressDisplay
{
    public static T Run<T>(TextWriter error, ProgressUnit unit, Func<IProgress<WorkProgress>, T> work)
    {
        using var steps = new Steps(WrappingWriter.Over(error, TextLayout.Unlimited), unit);
        var result = work(steps);
        steps.Complete();
        return result;
    }

    /// <summary>Notes from the work are printed above the line.</summary>
    public static async Task<T> RunAsync<T>(
        TextWriter error, ProgressUnit unit, Func<IProgress<WorkProgress>, Action<string>, Task<T>> work)
    {
        using var steps = new Steps(WrappingWriter.Over(error, TextLayout.Unlimited), unit);
        var result = await work(steps, steps.Note);
        steps.Complete();
        return result;
    }

    // Reports come from several threads. A line counts from where its step begins, so that the speed leaves out the work of an earlier run.
    private sealed class Steps(WrappingWriter error, ProgressUnit unit) : IProgress<WorkProgress>, IDisposable
    {
        private readonly Lock _lock = new();
        private (ProgressLine Line, WorkProgress Last)? _current;

        public void Report(WorkProgress value)
        {
            lock (_lock)
            {
                if (_current is not var (line, last) || last.Step != value.Step || last.Start != value.Start || last.Total != value.Total)
                {
                    EndStep();
                    var state = new ProgressState(value.Step, value.Total, value.Start, areBytes: unit == ProgressUnit.Bytes);
                    line = new ProgressLine(error, state);
                }

                line.Report(value.Done);
                _current = (line, value);
            }
        }

        public void Note(string text)
        {
            lock (_lock)
            {
                if (_current is var (line, _)) line.Note(Printable.Escape(text));
                else error.WriteLine(Printable.Escape(text));
            }
        }

        /// <summary>The work has succeeded, and with it the last step.</summary>
        public void Complete()
        {
            lock (_lock) _current?.Line.Complete();
        }

        public void Dispose()
        {
            lock (_lock) _current?.Line.Dispose();
        }

        // A step that did not reach its end was given up for another one.
        private void EndStep()
        {
            if (_current is not var (line, last)) return;
            if (last.Total is null || last.Done >= last.Total) line.Complete();
            line.Dispose();
        }
    }
}
