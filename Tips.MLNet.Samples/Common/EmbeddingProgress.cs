using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Tips.MLNet.Samples.Common;

/// <summary>Computes embeddings with a progress bar.</summary>
internal static class EmbeddingProgress
{
    /// <summary>Embeds pictures with the first class token, showing a progress bar.</summary>
    public static IReadOnlyList<EmbeddedPicture> Embed(
        TipsModel model, IReadOnlyList<Picture> pictures, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var mlContext = new MLContext();
        var embedder = mlContext.Transforms.LoadImages("Image", imageFolder: "", nameof(Picture.Path))
            .Append(mlContext.Transforms.TipsImageEmbedding(
                "Embedding", "Image", model, new TipsImageEmbeddingOptions { RowNameColumn = nameof(Picture.Path) }))
            .Fit(mlContext.Data.LoadFromEnumerable(pictures));
        return Bars(console).Start(progress => Embed(mlContext, embedder, pictures, "Embedding pictures", progress, cancellationToken));
    }

    /// <summary>Turns embedded pictures into ML.NET data.</summary>
    public static IDataView ToDataView(MLContext mlContext, IReadOnlyList<EmbeddedPicture> pictures, int dimension)
    {
        var schema = SchemaDefinition.Create(typeof(EmbeddedPicture));
        schema[nameof(EmbeddedPicture.Embedding)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
        return mlContext.Data.LoadFromEnumerable(pictures, schema);
    }

    /// <summary>Embeds pictures once and keeps path, label and embedding of each.</summary>
    public static IReadOnlyList<EmbeddedPicture> Embed(
        MLContext mlContext,
        ITransformer embedder,
        IReadOnlyList<Picture> pictures,
        string task,
        ProgressContext progress,
        CancellationToken cancellationToken)
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
                embedded.Add(new EmbeddedPicture
                {
                    Path = picture.Path,
                    Label = picture.Label,
                    Embedding = [.. embedding.DenseValues()],
                });
                bar.Increment(1);
            }
        }

        bar.StopTask();
        return embedded;
    }

    public static Progress Bars(IAnsiConsole console) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn());
}
