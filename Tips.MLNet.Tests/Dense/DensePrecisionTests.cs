using System.Globalization;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Dense;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Graphs;

namespace Tips.MLNet.Tests.Dense;

/// <summary>What the encoder in fewer bits costs patches and each task that is built on them, with the tiny model.</summary>
[TestClass]
public class DensePrecisionTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("fp16", 0.99999, 0.9999, 0.999, 0.005, 0.01)]
    [DataRow("int8", 0.998, 0.98, 0.95, 0.2, 0.1)]
    public void Tasks_agree(string precision, double mean, double least, double pixels, double foreground, double colors)
    {
        var weights = Enum.GetValues<WeightPrecision>().Single(p => p.Name() == precision);
        using var model = TestModels.LoadTiny(TestExecution.Options);
        using var lower = TipsModel.Load(TestModels.TinyFolderIn(weights), TestExecution.Options);
        var collages = Collage.Defaults();
        var options = new PatchOptions { Input = PatchInput.AsIs() };
        PatchFeatures[] full = [.. collages.Select(c => model.EmbedPatches(c.Source, options))];
        PatchFeatures[] low = [.. collages.Select(c => lower.EmbedPatches(c.Source, options))];
        double[] cosines = [.. full.Zip(low, Cosines).SelectMany(c => c)];

        float[] fullColors = PatchPca.Fit(full).Color(full[0]), lowColors = PatchPca.Fit(low).Color(low[0]);
        double colorDifference = fullColors.Zip(lowColors, (a, b) => Math.Abs(a - b)).Average();

        string[] labels = [.. collages.SelectMany(c => c.Labels), "background"];
        var segmentation = new SegmentationOptions { ImageSize = Collage.Side, ValuePath = false };
        var classes = ZeroShotClassifier.Create(model, labels, BundledAssets.Templates);
        var lowClasses = ZeroShotClassifier.Create(lower, labels, BundledAssets.Templates);
        var fullMap = new ZeroShotSegmenter(model, classes).Segment(collages[0].Source, segmentation);
        var lowMap = new ZeroShotSegmenter(lower, lowClasses).Segment(collages[0].Source, segmentation);
        int same = Enumerable.Range(0, fullMap.Classes.Length).Count(i => fullMap.Classes[i] == lowMap.Classes[i]);
        double share = (double)same / fullMap.Classes.Length;

        var masked = MaskedPicture.Bundled();
        float[] Probabilities(TipsModel used)
        {
            ForegroundExample[] examples = [.. masked.Select(m => ForegroundExample.Create(used, m.Picture.Source, m.Mask, 168))];
            return ForegroundClassifier.Train(used, examples).Classify(used, masked[0].Picture.Source).Probabilities.ToArray();
        }

        static IEnumerable<double> Cosines(PatchFeatures a, PatchFeatures b)
            => Enumerable.Range(0, a.Count).Select(i => (double)TipsModel.CosineSimilarity(a[i], b[i]));

        double foregroundDifference = Probabilities(model).Zip(Probabilities(lower), (a, b) => Math.Abs(a - b)).Max();
        TestContext.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{precision}: patch cosines {cosines.Average():F6} (least {cosines.Min():F4}), same class {share:P1} of pixels, PCA colors "
            + $"{colorDifference:F4} apart, foreground at most {foregroundDifference:F4} apart"));
        Assert.IsGreaterThanOrEqualTo(mean, cosines.Average());
        Assert.IsGreaterThanOrEqualTo(least, cosines.Min());
        Assert.IsGreaterThanOrEqualTo(pixels, share);
        Assert.IsLessThanOrEqualTo(foreground, foregroundDifference);
        Assert.IsLessThanOrEqualTo(colors, colorDifference);
    }
}
