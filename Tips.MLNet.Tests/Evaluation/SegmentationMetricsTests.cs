using System.Text.Json;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Evaluation;

[TestClass]
public class SegmentationMetricsTests
{
    /// <summary>A class that occurs in neither is left out of the mean.</summary>
    [TestMethod]
    public void Numbers_are_the_references()
    {
        string path = GoldenFiles.PathOf("dense", "metrics", "miou.npz");
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("dense", "metrics", "expected.json")));
        var expected = json.RootElement.GetProperty("miou");
        var matrix = new SegmentationMetrics(7);
        byte[] labels = [.. GoldenFiles.ReadIntegers(path, "ground_truth").Select(v => (byte)v)];
        byte[] predictions = [.. GoldenFiles.ReadIntegers(path, "prediction").Select(v => (byte)v)];
        // In two parts, as two pictures.
        matrix.Add(labels.AsSpan(0, 100), predictions.AsSpan(0, 100), labelOffset: 1, ignore: [0, 255]);
        matrix.Add(labels.AsSpan(100), predictions.AsSpan(100), labelOffset: 1, ignore: [0, 255]);
        Assert.AreEqual(expected.GetProperty("pixels").GetInt64(), matrix.Total);
        Assert.AreEqual(expected.GetProperty("miou").GetDouble(), matrix.MeanIntersectionOverUnion, 1e-12);
        Assert.AreEqual(expected.GetProperty("pixel_accuracy").GetDouble(), matrix.Accuracy, 1e-12);
        for (int i = 0; i < 7; i++)
        {
            for (int j = 0; j < 7; j++) Assert.AreEqual(expected.GetProperty("confusion")[i][j].GetInt64(), matrix[i, j]);
            var share = expected.GetProperty("iou")[i];
            if (share.ValueKind == JsonValueKind.Null) Assert.IsTrue(double.IsNaN(matrix.IntersectionOverUnion(i)));
            else Assert.AreEqual(share.GetDouble(), matrix.IntersectionOverUnion(i), 1e-12);
        }
    }

    [TestMethod]
    public void A_class_out_of_range_is_named_and_nothing_is_added()
    {
        var matrix = new SegmentationMetrics(2);
        var error = Assert.ThrowsExactly<ArgumentException>(() => matrix.Add([1, 3], [0, 0], labelOffset: 1));
        Assert.Contains("A pixel has the label 3, which would be class 2, expected 0 to 1.", error.Message);
        error = Assert.ThrowsExactly<ArgumentException>(() => matrix.Add([0, 1], [0, 0], labelOffset: 1));
        Assert.Contains("A pixel has the label 0, which would be class -1", error.Message);
        error = Assert.ThrowsExactly<ArgumentException>(() => matrix.Add([0, 1], [0, 2]));
        Assert.Contains("A pixel has the predicted class 2, expected 0 to 1.", error.Message);
        error = Assert.ThrowsExactly<ArgumentException>(() => matrix.Add([0, 1], [0]));
        Assert.Contains("There are 1 predictions, expected 2.", error.Message);
        Assert.AreEqual(0, matrix.Total);
        Assert.IsTrue(double.IsNaN(matrix.MeanIntersectionOverUnion));
    }
}
