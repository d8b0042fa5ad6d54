using Microsoft.ML;
using Spectre.Console;

namespace Tips.MLNet.Samples.Common;

/// <summary>Walks through a view's embeddings with a progress bar.</summary>
internal static class EmbeddingProgress
{
    /// <summary>Computes an embedding column once and keeps it in memory.</summary>
    public static IDataView Cache(MLContext mlContext, IDataView view, string column, string task, ProgressContext progress, CancellationToken cancellationToken)
    {
        var bar = progress.AddTask(task, maxValue: view.GetRowCount() ?? double.NaN);
        var cached = mlContext.Data.Cache(view, column);
        using var cursor = cached.GetRowCursor([cached.Schema[column]]);
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            bar.Increment(1);
        }

        bar.StopTask();
        return cached;
    }

    public static Progress Bars(IAnsiConsole console) => console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());
}
