using System.Reflection;
using Microsoft.ML;
using Tips.MLNet.Search;
using Tips.MLNet.Trainers;

namespace Tips.MLNet.Tests.Trainers;

/// <summary>Saved classifiers that no training could have produced: what damage or another program might leave in a zip.</summary>
[TestClass]
public class KNearestNeighborsFormatTests
{
    private static readonly LabelValues TwoNames = LabelValues.FromState(new("Text", ["a", "b"]));

    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void A_valid_classifier_loads()
    {
        var loaded = (KNearestNeighborsTransformer)SaveAndLoad(Index([1, 0], [0, 1]), [0, 1]);
        CollectionAssert.AreEqual(new[] { "a", "b" }, loaded.Model.LabelValues!.Names.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1 }, loaded.Model.Labels);
    }

    [TestMethod]
    public void At_least_one_row_is_required() => AssertRefused("has 0 rows, expected at least 1", Index(), []);

    [TestMethod]
    public void Rows_must_be_finite()
        => AssertRefused("has a value in row 1 that is not finite", Index([1, 0], [float.NaN, 0]), [0, 1]);

    [TestMethod]
    [DataRow(-1)]
    [DataRow(2)]
    public void Labels_must_be_classes(int label)
        => AssertRefused("has a label outside its 2 classes", Index([1, 0], [0, 1]), [0, label]);

    [TestMethod]
    public void Streams_must_have_the_expected_length() => AssertRefused(
        "Stream 'Labels' of the saved pipeline's k-NN classifier has 12 bytes, expected 8.",
        Index([1, 0], [0, 1]),
        [0, 1, 1]);

    [TestMethod]
    [DataRow(1)]
    [DataRow(2_000_000_000)]
    public void The_number_of_classes_must_be_in_range(int classes)
        => AssertRefused($"has {classes} classes, expected 2 to 16777216", Index([1, 0], [0, 1]), [0, 1], classes);

    [TestMethod]
    public void Every_class_needs_a_label_value()
        => AssertRefused("has 2 label values for 3 classes", Index([1, 0], [0, 1]), [0, 1], classes: 3);

    [TestMethod]
    public void Options_must_be_in_range()
    {
        foreach (var options in (KNearestNeighborsOptions[])[new() { NumberOfNeighbors = 0 }, new() { Temperature = -1 }])
            AssertRefused("has an option out of range", Index([1, 0], [0, 1]), [0, 1], options: options);
    }

    [TestMethod]
    [DataRow("Color", "red", "values of type 'Color', which is not known")]
    [DataRow("Single", "red", "has a label that is no Single")]
    [DataRow("Text", null, "has a label that is no Text")]
    [DataRow("Int32", "null", "has a label that is no Int32")]
    public void Label_values_must_match_their_type(string type, string? value, string expected)
        => Assert.Contains(expected, Assert.ThrowsExactly<InvalidDataException>(() => LabelValues.FromState(new(type, [value!]))).Message);

    private static NeighborIndex Index(params float[][] rows)
    {
        var index = new NeighborIndex(2, DistanceMetric.Cosine);
        foreach (float[] row in rows) index.AddUnchanged(row);
        return index;
    }

    private void AssertRefused(
        string expected,
        NeighborIndex index,
        int[] labels,
        int classes = 2,
        KNearestNeighborsOptions? options = null)
    {
        Exception exception = Assert.ThrowsExactly<TargetInvocationException>(() => SaveAndLoad(index, labels, classes, options));
        while (exception is TargetInvocationException { InnerException: { } inner }) exception = inner;
        Assert.IsInstanceOfType<InvalidDataException>(exception);
        Assert.Contains(expected, exception.Message);
    }

    private ITransformer SaveAndLoad(NeighborIndex index, int[] labels, int classes = 2, KNearestNeighborsOptions? options = null)
    {
        var parameters = new KNearestNeighborsModelParameters(index, labels, classes, TwoNames, options ?? new());
        var model = new KNearestNeighborsTransformer("Features", parameters);
        using var stream = new MemoryStream();
        _ml.Model.Save(model, null, stream);
        stream.Position = 0;
        return _ml.Model.Load(stream, out _);
    }
}
