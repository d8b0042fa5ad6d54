using Microsoft.ML;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Streams embeddings: a line is written as soon as its batch is done.</summary>
internal static class EmbedSample
{
    public static int Run(EmbedRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        if (request.Output is { } file) context.CheckOutput(file);
        // Before the model, so that a wrong path shows at once.
        var pictures = request.Texts is null && request.TextFile is null
            ? PictureFiles.OrBundled(request.Images, context.LeftOut)
            : null;
        var texts = pictures is null ? Texts(request, context, cancellationToken) : null;
        if (request.ModelFolder is null) context.Note(BundledAssets.Warning);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        int written = 0;
        if (request.Output is null) Write(context.Results, request.Format);
        else if (request.Format == EmbeddingFormat.Npy) WriteArray(request.Output);
        else
        {
            OutputFile.Write(request.Output, partial =>
            {
                using var writer = new StreamWriter(partial);
                Write(writer, request.Format);
            });
        }

        context.Finish(new EmbedResult(
            model.Name, model.EmbeddingDimension, pictures is null ? "text" : "path", written, request.Format, request.Output));
        return SampleCommands.Success;

        void Write(TextWriter writer, EmbeddingFormat format)
        {
            string key = pictures is null ? "text" : "path";
            IEmbeddingWriter lines = format == EmbeddingFormat.Csv ? new CsvWriter(writer, key) : new JsonLineWriter(writer, key);
            Embed(lines);
        }

        void WriteArray(string array) => OutputFile.Write(array, partial => OutputFile.Write($"{array}.names.txt", partialNames =>
        {
            using var writer = new NpyWriter(partial, partialNames);
            Embed(writer);
            writer.Complete();
        }));

        void Embed(IEmbeddingWriter writer)
        {
            written = pictures is null
                ? EmbedTexts(model, texts!, request.Normalize, writer, context, cancellationToken)
                : EmbedPictures(model, pictures, request, writer, context, cancellationToken);
            // An older file is not replaced by one without any embedding.
            if (pictures is not null && context.LeftOut.ReadCount == 0) throw new SampleException(LeftOut.NothingRead);
        }
    }

    private static IAsyncEnumerable<string> Texts(EmbedRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        if (request.TextFile is not { } file) return request.Texts!.ToAsyncEnumerable();
        return file == "-" ? TextLines.ReadInput(context.OpenInput, cancellationToken) : TextLines.Read(file).ToAsyncEnumerable();
    }

    private static int EmbedPictures(
        TipsModel model,
        IReadOnlyList<Picture> pictures,
        EmbedRequest request,
        IEmbeddingWriter writer,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var mlContext = new MLContext();
        var options = new TipsImageEmbeddingOptions
        {
            ClassToken = request.ClassToken,
            Normalize = request.Normalize,
            Upright = context.Upright,
            CacheBytes = 0, // every picture is read once
            Store = context.Store.Open(),
        };
        var embedder = mlContext.Transforms.TipsImageEmbedding("Embedding", nameof(Picture.Path), model, options)
            .Fit(mlContext.Data.LoadFromEnumerable<Picture>([]));
        // On a terminal, the lines themselves show the progress.
        bool isShown = request.Output is null && ReferenceEquals(context.Results, Console.Out);
        EmbeddingProgress.Read(
            context,
            mlContext,
            embedder,
            pictures,
            (picture, embedding) => writer.Write(picture.Path, embedding),
            isShown ? null : "Embedding pictures",
            cancellationToken);
        return context.LeftOut.ReadCount;
    }

    private static int EmbedTexts(
        TipsModel model,
        IAsyncEnumerable<string> texts,
        bool normalize,
        IEmbeddingWriter writer,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        int empty = 0;
        var given = new Queue<string>();
        var embeddings = model.EmbedTextsAsync(Remembered(), normalize, cancellationToken: cancellationToken);
        int count = 0;
        foreach (float[] embedding in embeddings.ToBlockingEnumerable(cancellationToken))
        {
            writer.Write(Next(), embedding);
            count++;
        }

        if (empty > 0) context.Note($"note: {empty} text(s) are empty; they have the zero vector.");
        return count;

        // The stream takes texts ahead of the embeddings that it returns, on another thread.
        async IAsyncEnumerable<string> Remembered()
        {
            await foreach (string text in texts.WithCancellation(cancellationToken))
            {
                if (string.IsNullOrWhiteSpace(text)) empty++;
                lock (given) given.Enqueue(text);
                yield return text;
            }
        }

        string Next()
        {
            lock (given) return given.Dequeue();
        }
    }
}
