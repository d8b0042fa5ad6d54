using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Text;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Benchmarks.Texts;

/// <summary>Compares short captions in the pipeline with the same captions all padded to 64 tokens.</summary>
internal static class TextComparison
{
    private const int PaddedBatch = 8; // 512 tokens, as in our batches

    public static void Run(int captions, int turns, string tokenizer)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            using var model = TipsModel.Load(Export(folder, tokenizer));
            string[] texts = Captions(model.Tokenizer, captions);
            long[] ids = model.Tokenizer.EncodeBatch(texts);
            Turns.Run(
                $"{captions} captions of 8 to 16 tokens, S/14 text encoder",
                turns,
                ("TipsTextEmbedding", () => Pipeline(model, texts)),
                ("everything padded to 64 tokens", () => Padded(model, ids, captions)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Pipeline(TipsModel model, string[] texts)
    {
        var mlContext = new MLContext();
        var rows = mlContext.Data.LoadFromEnumerable(texts.Select(t => new Row { Text = t }));
        var view = mlContext.Transforms.TipsTextEmbedding("Embedding", "Text", model).Fit(rows).Transform(rows);
        if (view.GetColumn<float[]>("Embedding").Count() != texts.Length) throw new InvalidOperationException("Rows were lost.");
    }

    private static void Padded(TipsModel model, long[] ids, int count)
    {
        const int length = TipsTokenizer.MaximumLength;
        for (int start = 0; start < count; start += PaddedBatch)
        {
            int batch = Math.Min(PaddedBatch, count - start);
            long[] batchIds = ids[(start * length)..((start + batch) * length)];
            model.RunTokens(batchIds, batch, length, new float[batch * model.EmbeddingDimension]);
        }
    }

    // Adds random words until a caption has the wanted number of tokens: 8, 9, …, 16 in turn.
    private static string[] Captions(TipsTokenizer tokenizer, int count)
    {
        string[] words = "a photo of the small red dog with an old man in green water near big trees and two white cars on snow".Split(' ');
        var random = new Random(1);
        string[] captions = new string[count];
        for (int i = 0; i < count; i++)
        {
            string caption = "";
            while (tokenizer.CountTokens(caption) < 8 + i % 9)
                caption += (caption.Length > 0 ? " " : "") + words[random.Next(words.Length)];
            captions[i] = caption;
        }

        return captions;
    }

    private static string Export(string folder, string tokenizer)
    {
        string vision = Path.Combine(folder, "s14.npz"), text = Path.Combine(folder, "s14-text.npz"), output = Path.Combine(folder, "s14");
        FormulaCheckpoint.WriteVision(vision, TowerSize.Small, grid: 16, seed: 1);
        FormulaCheckpoint.WriteText(text, TextTowerSize.All[0], seed: 1);
        ModelExporter.Export(
            new ExportRequest(vision, output) { Text = new TextSource(text, tokenizer), License = "none: benchmark data" });
        return output;
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";
    }
}
