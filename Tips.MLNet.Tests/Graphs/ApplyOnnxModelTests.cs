using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>The exported graph is an ordinary ONNX model: ML.NET's own transform runs it straight from the folder.</summary>
[TestClass]
public class ApplyOnnxModelTests
{
    [TestMethod]
    public void ML_NET_runs_the_embedding_graph_with_the_same_numbers()
    {
        string folder = TestModels.MiniFolder();
        using var model = TipsModel.Load(folder);
        float[] expected = new float[2 * model.EmbeddingDimension];
        Row[] rows = [.. Enumerable.Range(1, 3).Select(seed => new Row { Pixels = TestPictures.FormulaInput(56, 56, (ulong)seed) })];

        var mlContext = new MLContext();
        var graph = model.Manifest.Vision!.Embedding;
        var data = mlContext.Data.LoadFromEnumerable(rows);
        var transformed = mlContext.Transforms.CopyColumns(graph.Input, nameof(Row.Pixels))
            .Append(mlContext.Transforms.ApplyOnnxModel(graph.ClassTokens, graph.Input, Path.Combine(folder, graph.File)))
            .Fit(data)
            .Transform(data);
        float[][] actual = [.. transformed.GetColumn<float[]>(graph.ClassTokens)];

        Assert.HasCount(rows.Length, actual);
        for (int i = 0; i < rows.Length; i++)
        {
            model.RunPixels(rows[i].Pixels, 1, expected);
            CollectionAssert.AreEqual(expected, actual[i]);
        }
    }

    private sealed class Row
    {
        [VectorType(3 * 56 * 56)]
        public float[] Pixels { get; set; } = [];
    }
}
