using System.Text;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Models;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Streams embeddings out of a pipeline: a picture's line is printed as soon as its batch is done.</summary>
internal static class EmbedSample
{
    // Paths stay readable; a line is a JSON text, not HTML.
    private static readonly JsonWriterOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static int Run(string? modelFolder, string images, TipsImageEmbeddingOptions options, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var files = PictureFiles.Find(images);
        if (modelFolder is null) error.WriteLine(EmbeddedDefault.Warning);
        using var model = TipsModel.Load(modelFolder ?? EmbeddedDefault.ModelFolder);
        var mlContext = new MLContext();
        var rows = mlContext.Data.LoadFromEnumerable(files.Select(path => new Picture { Path = path }));
        var view = mlContext.Transforms.LoadImages("Image", imageFolder: "", nameof(Picture.Path))
            .Append(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model, options with { RowNameColumn = nameof(Picture.Path) }))
            .Fit(rows)
            .Transform(rows);

        EmbeddingProgress.Bars(SampleConsole.Create(error)).Start(progress =>
        {
            var bar = progress.AddTask("Embedding", maxValue: files.Count);
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
                output.WriteLine(ToJson(path.Span, embedding.GetValues()));
                bar.Increment(1);
            }
        });
        return 0;
    }

    private static string ToJson(ReadOnlySpan<char> path, ReadOnlySpan<float> embedding)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteString("path", path);
            json.WriteStartArray("embedding");
            foreach (float value in embedding) json.WriteNumberValue(value);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
