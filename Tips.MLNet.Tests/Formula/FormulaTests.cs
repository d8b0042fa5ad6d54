using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Formula;

[TestClass]
public class FormulaTests
{
    /// <summary>The formula here gives the same bytes as where the golden outputs were made.</summary>
    [TestMethod]
    [DataRow("mlp")]
    [DataRow("swiglu")]
    public void The_formula_gives_the_checkpoints_that_NumPy_wrote(string feedForward)
    {
        using var golden = NpzCheckpoint.Open(GoldenFiles.PathOf("mini", $"vision_{feedForward}.npz"));
        foreach (var tensor in golden.Tensors.Values)
        {
            float[] values = new float[tensor.Count];
            FormulaValues.Fill(tensor.Name, tensor.Shape.ToArray(), seed: 3, values);
            CollectionAssert.AreEqual(golden.Read(tensor.Name), values, tensor.Name);
        }
    }
}
