using System.Text.Json;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Evaluation;

[TestClass]
public class AveragePrecisionTests
{
    /// <summary>With ties and without.</summary>
    [TestMethod]
    public void Numbers_are_the_references()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("dense", "metrics", "expected.json")));
        var cases = json.RootElement.GetProperty("average_precision").EnumerateObject()
            .Where(e => e.Value.ValueKind == JsonValueKind.Object).ToArray();
        Assert.HasCount(2, cases);
        foreach (var entry in cases)
        {
            double[] scores = [.. entry.Value.GetProperty("scores").EnumerateArray().Select(v => v.GetDouble())];
            bool[] labels = [.. entry.Value.GetProperty("labels").EnumerateArray().Select(v => v.GetInt32() == 1)];
            Assert.AreEqual(entry.Value.GetProperty("ap").GetDouble(), AveragePrecision.Compute(scores, labels), 1e-12, entry.Name);
        }
    }

    [TestMethod]
    public void What_cannot_be_ranked_is_refused()
    {
        Assert.AreEqual(0, AveragePrecision.Compute([1, 2], [false, false]));
        Assert.ThrowsExactly<ArgumentException>(() => AveragePrecision.Compute([1, double.NaN], [true, false]));
        Assert.ThrowsExactly<ArgumentException>(() => AveragePrecision.Compute([1], [true, false]));
    }
}
