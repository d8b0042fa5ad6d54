using System.Globalization;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>The plain reference agrees with the published code, and the golden data notice each wrong reading of it.</summary>
[TestClass]
public sealed class ReferenceHeadsTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("56x56")]
    [DataRow("84x56")]
    [DataRow("42x112")]
    [DataRow("112x140")]
    public void The_plain_reference_gives_the_golden_results(string size)
    {
        foreach (var task in HeadTasks.All) Assert.IsLessThan(Tolerance(task), Difference(HeadFault.None, task, size), task.Name());
    }

    [TestMethod]
    [DataRow("ExactGelu", "Depth,Normals,Segmentation")]
    [DataRow("DoublesWithoutCorners", "Depth,Normals,Segmentation")]
    [DataRow("KernelsNotReversed", "Depth,Normals,Segmentation")]
    [DataRow("ReluAfterProject", "Depth,Normals,Segmentation")]
    [DataRow("SwappedUnits", "Depth,Normals,Segmentation")]
    [DataRow("LateralWithCorners", "Depth,Normals,Segmentation")]
    [DataRow("ResizedLogits", "Depth")]
    [DataRow("BilinearNormals", "Normals")]
    [DataRow("NoFirstNormalization", "Normals")]
    [DataRow("NoSecondNormalization", "Normals")]
    public void A_wrong_reading_would_be_noticed(string fault, string tasks)
    {
        foreach (string name in tasks.Split(','))
        {
            var task = Enum.Parse<HeadTask>(name);
            Assert.IsGreaterThan(3 * Tolerance(task), Difference(Enum.Parse<HeadFault>(fault), task, "42x112"), name);
        }
    }

    private static float Tolerance(HeadTask task) => task switch
    {
        HeadTask.Depth => GoldenHeads.DepthTolerance,
        HeadTask.Normals => GoldenHeads.NormalsTolerance,
        _ => GoldenHeads.LogitsTolerance,
    };

    private float Difference(HeadFault fault, HeadTask task, string size)
    {
        var reference = new ReferenceHeads(fault);
        var (rows, columns) = GoldenHeads.Grid(size);
        var (height, width) = GoldenHeads.Parse(size);
        var map = reference.Decode(GoldenHeads.Read(task), GoldenHeads.Tokens(size), rows, columns);
        float difference = task switch
        {
            HeadTask.Depth => GoldenHeads.Difference(size + ".depth", reference.Depth(map, new HeadOptions(), height, width)),
            HeadTask.Normals => GoldenHeads.Difference(size + ".normals", reference.Normals(map, height, width)),
            _ => GoldenHeads.Difference(size + ".segmentation.logits", map.Bilinear(height, width)),
        };
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fault}, {task.Name()}: {difference:E1}"));
        return difference;
    }
}
