using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Commands;

[TestClass]
public class ExportMemoryTests
{
    private const long Allowed = 1_500_000_000;

    public TestContext TestContext { get; set; } = null!;

    /// <summary>Large checkpoints, the largest of 4.5 GB, through the tool in a process of its own.</summary>
    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("L", "fp32")]
    [DataRow("So400m", "fp32")]
    [DataRow("g", "fp32")]
    [DataRow("g", "fp16")]
    [DataRow("g", "int8")]
    public void Exporting_a_large_tower_takes_little_memory(string variant, string precision)
    {
        using var folder = new TemporaryFolder();
        FormulaCheckpoint.WriteVision(folder["checkpoint.npz"], TowerSize.All.Single(s => s.Variant == variant), grid: 32, seed: 1);
        string[] export = ["export", "--vision", folder["checkpoint.npz"], "--output", folder["model"], "--precision", precision];
        var (seconds, peak) = MeasuredProcess.Run("Tips.OnnxExport.dll", export);
        TestContext.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{variant} {precision}: {new FileInfo(folder["checkpoint.npz"]).Length / 1e9:F2} GB exported in "
                + $"{seconds:F0} s with at most {peak / 1e6:F0} MB of memory"));
        Assert.IsLessThan(Allowed, peak);
    }
}
