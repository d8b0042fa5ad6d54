using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary>
/// Streams embeddings from a pipeline: a picture's line is printed as soon as its batch is done. A bad picture costs only its own line.
/// </summary>
internal static class EmbedSample
{
    public static int Run(
        string? modelFolder,
        string images,
        TipsImageEmbeddingOptions options,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken)
    {
        var files = PictureFiles.Find(images);
        if (modelFolder is null) error.WriteLine(BundledAssets.Warning);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        var mlContext = new MLContext();
        var rows = mlContext.Data.LoadFromEnumerable(files.Select(path => new Picture { Path = path }));
        var view = mlContext.Transforms.LoadImages("Image", imageFolder: "", nameof(Picture.Path))
            .Append(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model, options))
            .Fit(rows)
            .Transform(rows);

        List<string> failed = [];
        try
        {
            if (ReferenceEquals(output, Console.Out))
            {
                Print(view, output, failed, () => { }, cancellationToken); // the lines themselves show the progress
            }
            else
            {
                EmbeddingProgress.Bars(PlainConsole.Create(error)).Start(progress =>
                {
                    var bar = progress.AddTask("Embedding", maxValue: files.Count);
                    Print(view, output, failed, () => bar.Increment(1), cancellationToken);
                });
            }
        }
        finally
        {
            foreach (string path in failed) error.WriteLine($"error: {Printable.Escape(Explain(path))}");
        }

        if (failed.Count == 0) return SampleCommands.Success;
        error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{failed.Count} of {files.Count} pictures have no embedding."));
        return SampleCommands.Failure;
    }

    private static void Print(IDataView view, TextWriter output, List<string> failed, Action tick, CancellationToken cancellationToken)
    {
        using var cursor = view.GetRowCursor([view.Schema[nameof(Picture.Path)], view.Schema["Embedding"]]);
        var getPath = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema[nameof(Picture.Path)]);
        var getEmbedding = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        ReadOnlyMemory<char> path = default;
        VBuffer<float> embedding = default;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            getPath(ref path);
            getEmbedding(ref embedding);
            if (TensorPrimitives.IsFiniteAll(embedding.GetValues()))
                output.WriteLine(JsonLine.Format("path", path.Span, embedding.GetValues()));
            else
                failed.Add(path.ToString());
            tick();
        }
    }

    private static string Explain(string path)
    {
        try
        {
            using var image = MLImage.CreateFromFile(path);
            if (4L * image.Width * image.Height > Array.MaxLength)
                return $"Picture '{path}' is too large: {image.Width}x{image.Height} pixels.";
            return $"The embedding of '{path}' is not finite: the model's numbers overflow for it.";
        }
        catch (Exception e)
        {
            return $"Picture '{path}' cannot be read: {PictureFolder.Reason(path, e)}";
        }
    }
}
