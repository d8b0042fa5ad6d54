using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>ML.NET's own exporter: it must not silently take our columns for inputs of the graph.</summary>
[TestClass]
public class ConvertToOnnxTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void A_pipeline_with_our_steps_is_refused()
    {
        var rows = Rows();
        var knn = _ml.Transforms.Conversion.MapValueToKey("Key", "Label")
            .Append(_ml.MulticlassClassification.Trainers.KNearestNeighbors("Key", "Features"))
            .Fit(rows);
        AssertRefused(knn, rows, "KNearestNeighborsTransformer");

        using var model = TestModels.LoadTiny();
        var embedding = _ml.Transforms.TipsTextEmbedding("Embedding", "Label", model).Fit(rows);
        AssertRefused(embedding, rows, "TipsTextEmbeddingTransformer");
        var zeroShot = _ml.Transforms.TipsZeroShotClassification("Embedding", ZeroShotClassifier.Create(model, ["a", "b"]))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"));
        var embedded = embedding.Transform(rows);
        AssertRefused(zeroShot.Fit(embedded), embedded, "TipsZeroShotTransformer");
    }

    [TestMethod]
    public void The_steps_behind_an_embedding_are_converted_as_the_message_says()
    {
        var rows = Rows();
        using var model = TestModels.LoadTiny();
        var embedded = _ml.Transforms.TipsTextEmbedding("Embedding", "Label", model).Fit(rows).Transform(rows);
        var step = _ml.Transforms.NormalizeMinMax("Scaled", "Embedding").Fit(embedded);
        AssertRefused(step, embedded, "TipsTextEmbeddingTransformer");

        using var folder = new TemporaryFolder();
        // Every column of the data becomes an input of the graph, needed or not.
        var vectors = _ml.Data.Cache(_ml.Transforms.SelectColumns("Embedding").Fit(embedded).Transform(embedded));
        using (var stream = File.Create(folder["step.onnx"])) _ml.Model.ConvertToOnnx(step, vectors, stream);
        var onnx = _ml.Transforms.ApplyOnnxModel(["Scaled.output"], ["Embedding"], folder["step.onnx"]).Fit(embedded);
        float[][] expected = [.. step.Transform(embedded).GetColumn<float[]>("Scaled")];
        float[][] found = [.. onnx.Transform(embedded).GetColumn<float[]>("Scaled")];
        for (int i = 0; i < expected.Length; i++) Close.AreClose(expected[i], found[i], 1e-6f);
    }

    private void AssertRefused(ITransformer transformer, IDataView rows, string name)
    {
        using var stream = new MemoryStream();
        string message = Assert.ThrowsExactly<NotSupportedException>(() => _ml.Model.ConvertToOnnx(transformer, rows, stream)).Message;
        Assert.Contains($"A {name} cannot become part of an ONNX graph", message);
        Assert.AreEqual(0, stream.Length);
    }

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(
        Enumerable.Range(0, 8).Select(i => new Row { Label = i % 2 == 0 ? "a" : "b", Features = [i % 2, i, 1] }));

    private sealed class Row
    {
        public string Label { get; set; } = "";

        [VectorType(3)]
        public float[] Features { get; set; } = [];
    }
}
