using CsCheck;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

/// <summary>Golden towers whose grid differs from their input check the values against the reference; these tests check the rest.</summary>
[TestClass]
public class PositionGridTests
{
    [TestMethod]
    public void The_same_grid_is_left_alone()
    {
        var positions = new Weight([4, 2], () => [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.AreSame(positions, PositionGrid.Resize(positions, (2, 2), (2, 2)));
    }

    [TestMethod]
    public void A_constant_grid_stays_constant() => Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 20], Gen.Int[1, 20]).Sample(
        (rows, columns, newRows, newColumns) =>
        {
            float[] values = new float[rows * columns * 3];
            Array.Fill(values, 2.5f);
            var positions = new Weight([rows * columns, 3], () => values);
            float[] resized = PositionGrid.Resize(positions, (rows, columns), (newRows, newColumns)).Read();
            Assert.HasCount(newRows * newColumns * 3, resized);
            Assert.IsTrue(resized.All(v => Math.Abs(v - 2.5f) < 1e-5f));
        });

    [TestMethod]
    public void Rows_and_columns_are_not_mixed_up()
    {
        // Half-pixel centers: doubling [0, 4] gives 0, 1, 3, 4.
        float[] byColumn = PositionGrid.Resize(new Weight([2, 1], () => [0, 4]), (1, 2), (1, 4)).Read();
        float[] byRow = PositionGrid.Resize(new Weight([2, 1], () => [0, 4]), (2, 1), (4, 1)).Read();
        CollectionAssert.AreEqual(new[] { 0f, 1, 3, 4 }, byColumn);
        CollectionAssert.AreEqual(byColumn, byRow);
    }

    [TestMethod]
    public void Shrinking_averages_over_a_wider_triangle()
    {
        // Four values become two: support 2, weights (3, 3, 1) and (1, 3, 3) in eighths over what is inside, then normalized.
        float[] halved = PositionGrid.Resize(new Weight([4, 1], () => [0, 7, 14, 21]), (1, 4), (1, 2)).Read();
        Assert.AreEqual(5f, halved[0], 1e-5f);
        Assert.AreEqual(16f, halved[1], 1e-5f);
    }
}
