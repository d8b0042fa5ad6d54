using Tips.MLNet.Evaluation;

namespace Tips.MLNet.Tests.Evaluation;

[TestClass]
public class RetrievalMetricsTests
{
    /// <summary>Two pictures at right angles; the second text of the first picture is nearer to the other picture.</summary>
    [TestMethod]
    public void Any_caption_counts_for_a_picture_but_only_its_own_picture_for_a_caption()
    {
        float[] images = [1, 0, 0, 1], texts = [1, 0.1f, 0.1f, 1, 0.2f, 1];
        var metrics = RetrievalMetrics.Compute(images, texts, 2, imageOfText: [0, 0, 1], cutoffs: [1, 2, 5]);
        // The nearest text to the second picture belongs to the first one; its own comes next.
        CollectionAssert.AreEqual(new[] { 0.5, 1, 1 }, metrics.ImageToText.ToArray());
        CollectionAssert.AreEqual(new[] { 2 / 3.0, 1, 1 }, metrics.TextToImage.ToArray());
        CollectionAssert.AreEqual(new[] { 1, 2, 5 }, metrics.Cutoffs.ToArray());
    }

    [TestMethod]
    public void Wrong_inputs_are_named()
    {
        Assert.Contains("expected a multiple of 2", Fails([1], [1, 0], [0]));
        Assert.Contains("The texts have 2 values, expected 2 times 2.", Fails([1, 0], [1, 0], [0, 0]));
        Assert.Contains("A text belongs to no image; expected 0 to 0.", Fails([1, 0], [1, 0], [1]));
        Assert.Contains("An image has no text.", Fails([1, 0, 0, 1], [1, 0], [0]));
        Assert.Contains("Embedding 1 has a value that is not finite.", Fails([1, 0, float.NaN, 1], [1, 0, 0, 1], [0, 1]));
        Assert.Contains(
            "The cutoffs must be at least 1.",
            Assert.ThrowsExactly<ArgumentException>(() => RetrievalMetrics.Compute(new float[2], new float[2], 2, [0], [0])).Message);

        static string Fails(float[] images, float[] texts, int[] imageOfText)
            => Assert.ThrowsExactly<ArgumentException>(() => RetrievalMetrics.Compute(images, texts, 2, imageOfText, [1])).Message;
    }
}
