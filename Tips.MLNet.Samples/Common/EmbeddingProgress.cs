using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Samples.Common;

/// <summary>Computes embeddings, and shows the progress.</summary>
internal static class EmbeddingProgress
{
    /// <summary>From the path of a picture to its embedding, as the samples save it in their pipelines.</summary>
    public static ITransformer CreateEmbedder(SampleContext context, MLContext mlContext, TipsModel model)
    {
        var options = new TipsImageEmbeddingOptions { Upright = context.Upright, Store = context.Store.Open() };
        return mlContext.Transforms.TipsImageEmbedding("Embedding", nameof(Picture.Path), model, options)
            .Fit(mlContext.Data.LoadFromEnumerable<Picture>([]));
    }

    /// <summary>Embeds pictures with the first class token. Those that cannot be read are left out.</summary>
    /// <exception cref="SampleException">All of them are left out.</exception>
    public static IReadOnlyList<EmbeddedPicture> Embed(
        SampleContext context, TipsModel model, IReadOnlyList<Picture> pictures, CancellationToken cancellationToken)
    {
        var mlContext = new MLContext();
        var embedder = CreateEmbedder(context, mlContext, model);
        return Keep(context, mlContext, embedder, pictures, "Embedding pictures", cancellationToken);
    }

    /// <summary>Turns embedded pictures into ML.NET data.</summary>
    public static IDataView ToDataView(MLContext mlContext, IReadOnlyList<EmbeddedPicture> pictures, int dimension)
    {
        var schema = SchemaDefinition.Create(typeof(EmbeddedPicture));
        schema[nameof(EmbeddedPicture.Embedding)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
        return mlContext.Data.LoadFromEnumerable(pictures, schema);
    }

    /// <summary>The same for pictures of classes, none of which may be lost.</summary>
    /// <exception cref="SampleException">All pictures of a class are left out.</exception>
    public static IReadOnlyList<EmbeddedPicture> EmbedClasses(
        SampleContext context,
        MLContext mlContext,
        ITransformer embedder,
        IReadOnlyList<Picture> pictures,
        string task,
        CancellationToken cancellationToken)
    {
        var embedded = Keep(context, mlContext, embedder, pictures, task, cancellationToken);
        var remaining = embedded.Select(p => p.Label).ToHashSet(StringComparer.Ordinal);
        return pictures.FirstOrDefault(p => !remaining.Contains(p.Label)) is { } lost
            ? throw new SampleException($"No picture of class '{lost.Label}' can be read ({task}).")
            : embedded;
    }

    private static List<EmbeddedPicture> Keep(
        SampleContext context,
        MLContext mlContext,
        ITransformer embedder,
        IReadOnlyList<Picture> pictures,
        string task,
        CancellationToken cancellationToken)
    {
        var embedded = new List<EmbeddedPicture>(pictures.Count);
        Read(context, mlContext, embedder, pictures, (picture, embedding) => embedded.Add(new EmbeddedPicture
        {
            Path = picture.Path,
            Label = picture.Label,
            Text = picture.Text,
            Embedding = embedding.ToArray(),
        }), task, cancellationToken);
        return embedded.Count > 0 || pictures.Count == 0 ? embedded : throw new SampleException(LeftOut.NothingRead);
    }

    /// <summary>Embeds pictures in their order, and hands each to <paramref name="use"/> as soon as its batch is done.</summary>
    /// <param name="context">Where progress goes, and what is left out.</param>
    /// <param name="mlContext">The context.</param>
    /// <param name="embedder">From the path of a picture to its embedding.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="use">Uses each embedding.</param>
    /// <param name="task">What the progress says is being done; null shows none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static void Read(
        SampleContext context,
        MLContext mlContext,
        ITransformer embedder,
        IReadOnlyList<Picture> pictures,
        EmbeddingAction use,
        string? task,
        CancellationToken cancellationToken)
    {
        foreach (var picture in pictures) context.CheckInput(picture.Path);
        using var progress = task is null ? null : context.StartProgress(task, pictures.Count);
        var view = embedder.Transform(mlContext.Data.LoadFromEnumerable(pictures));
        var column = view.Schema["Embedding"];
        using var cursor = view.GetRowCursor([column]);
        var get = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> embedding = default;
        for (int row = 0; cursor.MoveNext(); row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                get(ref embedding);
            }
            catch (InvalidOperationException e) when (LeftOut.ReasonOf(e) is { } reason)
            {
                context.LeftOut.Add(reason);
                progress?.Tick();
                continue;
            }

            if (TensorPrimitives.IsFiniteAll(embedding.GetValues()))
            {
                context.LeftOut.ReadCount++;
                use(pictures[row], embedding.GetValues());
            }
            else
            {
                context.LeftOut.Add($"The embedding of '{pictures[row].Path}' is not finite: the model's numbers overflow for it.");
            }

            progress?.Tick();
        }

        progress?.Complete();
    }

    /// <summary>Embeds texts, in their order.</summary>
    public static float[][] EmbedTexts(
        SampleContext context, TipsModel model, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var mlContext = new MLContext();
        var rows = mlContext.Data.LoadFromEnumerable(texts.Select(text => new Picture { Text = text }));
        var options = new TipsTextEmbeddingOptions { Store = context.Store.Open(), CacheBytes = 0 };
        var view = mlContext.Transforms.TipsTextEmbedding("Embedding", nameof(Picture.Text), model, options).Fit(rows).Transform(rows);
        using var progress = context.StartProgress("Embedding texts", texts.Count);
        var embeddings = new List<float[]>(texts.Count);
        foreach (float[] embedding in view.GetColumn<float[]>("Embedding"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TensorPrimitives.IsFiniteAll<float>(embedding))
            {
                throw new SampleException(
                    $"The embedding of '{texts[embeddings.Count]}' is not finite: the model's numbers overflow for it.");
            }

            embeddings.Add(embedding);
            progress.Tick();
        }

        progress.Complete();
        return [.. embeddings];
    }

    /// <summary>Uses an embedding, which is there until this returns.</summary>
    public delegate void EmbeddingAction(Picture picture, ReadOnlySpan<float> embedding);
}
