using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary>Streams embeddings of texts from a pipeline.</summary>
internal static class EmbedTextSample
{
    public static int Run(
        string? modelFolder,
        IEnumerable<string> texts,
        TipsTextEmbeddingOptions options,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken)
    {
        if (modelFolder is null) error.WriteLine(BundledAssets.Warning);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        var mlContext = new MLContext();
        var rows = mlContext.Data.LoadFromEnumerable(texts.Select(text => new Line { Text = text }));
        var view = mlContext.Transforms.TipsTextEmbedding("Embedding", nameof(Line.Text), model, options).Fit(rows).Transform(rows);
        using var cursor = view.GetRowCursor([view.Schema[nameof(Line.Text)], view.Schema["Embedding"]]);
        var getText = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema[nameof(Line.Text)]);
        var getEmbedding = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        ReadOnlyMemory<char> text = default;
        VBuffer<float> embedding = default;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            getText(ref text);
            getEmbedding(ref embedding);
            output.WriteLine(JsonLine.Format("text", text.Span, embedding.GetValues()));
        }

        return SampleCommands.Success;
    }

    private sealed class Line
    {
        public string Text { get; set; } = "";
    }
}
