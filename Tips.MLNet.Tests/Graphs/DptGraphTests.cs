using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>The graphs of heads against what the published code computes from the same tokens.</summary>
[TestClass]
public sealed class DptGraphTests
{
    private static readonly Dictionary<HeadTask, HeadModel> Models = [];

    public TestContext TestContext { get; set; } = null!;

    [ClassCleanup]
    public static void Cleanup()
    {
        foreach (var model in Models.Values) model.Dispose();
        Models.Clear();
    }

    [TestMethod]
    public void Every_stage_is_that_of_the_published_code()
    {
        string[] stages =
        [
            .. Enumerable.Range(0, 4).SelectMany(
                i => (string[])[$"reassemble.{i}.readout", $"reassemble.{i}", $"convs.{i}", $"fusion_blocks.{i}"]),
            "project",
        ];
        using var model = new HeadModel(
            GoldenHeads.Read(HeadTask.Segmentation), HeadTask.Segmentation, null, [.. stages.Select(s => "segmentation." + s)]);
        var results = Run(model, "84x56");
        Check("segmentation.decoder_logits", results[0].Values);
        foreach (var (stage, result) in stages.Zip(results.Skip(1)))
        {
            string golden = stage.EndsWith(".readout", StringComparison.Ordinal) ? $"readout_linear.{stage[11]}" : stage;
            Check(golden, result.Values);
        }

        void Check(string golden, float[] values) => AssertClose(golden, GoldenHeads.Stages[golden], values, 5e-5f);
    }

    [TestMethod]
    public void Depth_and_normals_are_those_of_the_published_code_at_the_decoders_resolution()
    {
        using var depth = new HeadModel(GoldenHeads.Read(HeadTask.Depth), HeadTask.Depth, null, "depth.bins");
        var results = Run(depth, "84x56");
        var logits = HeadMap.Of(256, 48, 32, results[1].Values).Every(8).ToFloats();
        AssertClose("bins", GoldenHeads.Stages["depth.decoder_logits_quarter"], logits, GoldenHeads.LogitsTolerance);
        AssertClose("meters", GoldenHeads.Stages["depth.decoder_metres"], results[0].Values, GoldenHeads.DepthTolerance);
        var normals = Run(Model(HeadTask.Normals), "84x56");
        AssertClose("normals", GoldenHeads.Stages["normals.decoder_raw"], normals[0].Values, GoldenHeads.NormalsTolerance);
    }

    [TestMethod]
    [DataRow("56x56", null)]
    [DataRow("84x56", null)]
    [DataRow("42x112", null)]
    [DataRow("112x140", null)]
    [DataRow("84x56", "100x75")]
    [DataRow("84x56", "40x40")]
    public void Results_at_a_pictures_size_are_those_of_the_published_code(string size, string? target)
    {
        string prefix = target is null ? size + "." : $"{size}.to{target}.";
        var (height, width) = GoldenHeads.Parse(target ?? size);
        var reference = new ReferenceHeads();

        var logits = Map(Model(HeadTask.Segmentation), size).Bilinear(height, width);
        AssertWithin("logits", GoldenHeads.Difference(prefix + "segmentation.logits", logits), GoldenHeads.LogitsTolerance);
        int[] expected = Array.ConvertAll(GoldenHeads.Results[prefix + "segmentation.argmax"], v => (int)v);
        int different = expected.Zip(logits.ArgMax()).Count(p => p.First != p.Second);
        TestContext.WriteLine($"classes: {different} of {expected.Length} differ");
        Assert.IsLessThanOrEqualTo(2, different);

        var depth = Map(Model(HeadTask.Depth), size).Bilinear(height, width);
        AssertWithin("depth", GoldenHeads.Difference(prefix + "depth", depth), GoldenHeads.DepthTolerance);
        var normals = reference.Normals(Map(Model(HeadTask.Normals), size), height, width);
        AssertWithin("normals", GoldenHeads.Difference(prefix + "normals", normals), GoldenHeads.NormalsTolerance);
    }

    [TestMethod]
    [DataRow("Depth")]
    [DataRow("Normals")]
    [DataRow("Segmentation")]
    public void Relu_comes_after_the_last_convolution_where_it_is_asked_for(string name)
    {
        var task = Enum.Parse<HeadTask>(name);
        var head = GoldenHeads.Read(task);
        var options = new HeadOptions { ReluAfterProject = true };
        using var model = new HeadModel(head, task, options);
        var (rows, columns) = GoldenHeads.Grid("42x112");
        var expected = new ReferenceHeads(HeadFault.ReluAfterProject).Decode(head, GoldenHeads.Tokens("42x112"), rows, columns);
        if (task == HeadTask.Depth) expected = ReferenceHeads.Meters(expected, options);
        var actual = Map(model, "42x112");
        AssertClose(name, expected.ToFloats(), actual.ToFloats(), GoldenHeads.DepthTolerance);
        Assert.IsGreaterThan(0.1f, Close.MaximumDifference(actual.ToFloats(), Map(Model(task), "42x112").ToFloats()));
    }

    [TestMethod]
    public void Depths_are_in_the_range_that_is_asked_for()
    {
        var head = GoldenHeads.Read(HeadTask.Depth);
        var options = new HeadOptions { MinDepth = 0.5f, MaxDepth = 80 };
        using var model = new HeadModel(head, HeadTask.Depth, options);
        var (rows, columns) = GoldenHeads.Grid("56x56");
        var logits = new ReferenceHeads().Decode(head, GoldenHeads.Tokens("56x56"), rows, columns);
        AssertClose("depth", ReferenceHeads.Meters(logits, options).ToFloats(), Map(model, "56x56").ToFloats(), 3e-4f);
        foreach (var (least, largest) in (ReadOnlySpan<(float, float)>)[(0, 10), (10, 10), (float.NaN, 10), (1, float.PositiveInfinity)])
        {
            var bad = new HeadOptions { MinDepth = least, MaxDepth = largest };
            Assert.ThrowsExactly<ArgumentException>(() => DptGraph.Build(head, HeadTask.Depth, bad, new WeightTable()));
        }
    }

    [TestMethod]
    [DataRow("Depth")]
    [DataRow("Normals")]
    [DataRow("Segmentation")]
    public void Pictures_of_a_batch_do_not_meet(string name)
    {
        var model = Model(Enum.Parse<HeadTask>(name));
        float[][] first = GoldenHeads.Tokens("42x112");
        float[][] second = [.. first.Select(level => Array.ConvertAll(level, v => 0.5f - v))];
        float[][] both = [.. first.Zip(second, (a, b) => (float[])[.. a, .. b])];
        float[] together = model.Run(both, GoldenHeads.Width, 3, 8, batch: 2)[0].Values;
        int length = together.Length / 2;
        AssertClose("first", model.Run(first, GoldenHeads.Width, 3, 8)[0].Values, together[..length], 2e-6f);
        AssertClose("second", model.Run(second, GoldenHeads.Width, 3, 8)[0].Values, together[length..], 2e-6f);
    }

    [TestMethod]
    [DataRow("Depth", new[] { 1L, 32, 64 })]
    [DataRow("Normals", new[] { 1L, 3, 32, 64 })]
    [DataRow("Segmentation", new[] { 1L, 12, 32, 64 })]
    public void An_odd_side_is_rounded_up(string name, long[] shape)
        => CollectionAssert.AreEqual(shape, Run(Model(Enum.Parse<HeadTask>(name)), "42x112")[0].Shape);

    [TestMethod]
    public void A_grid_of_another_number_of_patches_is_refused()
    {
        float[][] tokens = GoldenHeads.Tokens("56x56");
        Assert.ThrowsExactly<OnnxRuntimeException>(() => Model(HeadTask.Depth).Run(tokens, GoldenHeads.Width, 4, 5));
    }

    [TestMethod]
    [DataRow("Depth")]
    [DataRow("Normals")]
    [DataRow("Segmentation")]
    public void Only_standard_operators_are_used_and_all_weights_are_outside(string name)
    {
        var graph = Model(Enum.Parse<HeadTask>(name)).Graph;
        Assert.AreEqual("", graph.OpsetImport.Single().Domain);
        Assert.IsTrue(graph.Graph.Node.All(n => n.Domain.Length == 0));
        string prefix = name.ToLowerInvariant() + ".";
        string[] weights = [.. graph.Graph.Initializer.Where(t => t.ExternalData.Count > 0).Select(t => t.Name)];
        Assert.IsTrue(weights.All(w => w.StartsWith(prefix, StringComparison.Ordinal)), "several heads can share a file");
        Assert.IsLessThan(60_000, graph.CalculateSize());
    }

    /// <summary>The linear layer is part of the last convolution only where that makes fewer products.</summary>
    [TestMethod]
    [DataRow("Normals", false, 3L, 0)]
    [DataRow("Normals", true, 10L, 1)]
    [DataRow("Segmentation", false, 10L, 1)]
    public void The_last_two_layers_are_one_where_that_saves_work(string name, bool relu, long outputs, int layers)
    {
        var task = Enum.Parse<HeadTask>(name);
        using var model = new HeadModel(GoldenHeads.Read(task), task, new HeadOptions { ReluAfterProject = relu });
        var kernels = model.Graph.Graph.Initializer.ToDictionary(t => t.Name, t => t.Dims.ToArray());
        Assert.AreEqual(layers == 1, kernels.ContainsKey($"{task.Name()}.project.weight"));
        string last = layers == 1 ? "project" : "output";
        CollectionAssert.AreEqual(new[] { outputs, 10, 3, 3 }, kernels[$"{task.Name()}.{last}.weight"]);
    }

    private static HeadModel Model(HeadTask task)
    {
        if (!Models.TryGetValue(task, out var model)) Models.Add(task, model = new HeadModel(GoldenHeads.Read(task), task));
        return model;
    }

    private static (long[] Shape, float[] Values)[] Run(HeadModel model, string size)
    {
        var (rows, columns) = GoldenHeads.Grid(size);
        return model.Run(GoldenHeads.Tokens(size), GoldenHeads.Width, rows, columns);
    }

    private static HeadMap Map(HeadModel model, string size)
    {
        var (shape, values) = Run(model, size)[0];
        return HeadMap.Of(shape.Length == 3 ? 1 : (int)shape[1], (int)shape[^2], (int)shape[^1], values);
    }

    private void AssertClose(string what, float[] expected, float[] actual, float tolerance)
        => AssertWithin(what, Close.MaximumDifference(expected, actual), tolerance);

    private void AssertWithin(string what, float difference, float tolerance)
    {
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {difference:E1}"));
        Assert.IsLessThanOrEqualTo(tolerance, difference, what);
        Assert.IsFalse(float.IsNaN(difference), what);
    }
}
