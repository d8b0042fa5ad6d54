using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Tips.MLNet.Samples.Common;

/// <summary>Computes embeddings with a progress bar.</summary>
internal static class EmbeddingProgress
{
    /// <summary>Embeds pictures once and keeps the result: path, label and embedding.</summary>
    public static IDataView Embed(MLContext mlContext, ITransformer embedder, IReadOnlyList<Picture> pictures, string task, ProgressContext progress, CancellationToken cancellationToken)
    {
        var bar = progress.AddTask(task, maxValue: pictures.Count);
        var view = embedder.Transform(mlContext.Data.LoadFromEnumerable(pictures));
        var column = view.Schema["Embedding"];
        var embedded = new List<EmbeddedPicture>(pictures.Count);
        using (var cursor = view.GetRowCursor([column]))
        {
            var get = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> embedding = default;
            while (cursor.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                get(ref embedding);
                var picture = pictures[embedded.Count];
                embedded.Add(new EmbeddedPicture { Path = picture.Path, Label = picture.Label, Embedding = [.. embedding.DenseValues()] });
                bar.Increment(1);
            }
        }

        bar.StopTask();
        var schema = SchemaDefinition.Create(typeof(EmbeddedPicture));
        schema[nameof(EmbeddedPicture.Embedding)].ColumnType = column.Type;
        return mlContext.Data.LoadFromEnumerable(embedded, schema);
    }

    public static Progress Bars(IAnsiConsole console) => console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());
}
