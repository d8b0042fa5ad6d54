using System.Globalization;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>Heads of dense models against what transformers computes from a picture. The plain reference makes the tokens.</summary>
[TestClass]
public sealed class HuggingFaceHeadTests
{
    private const float MapTolerance = 5e-5f, DepthTolerance = 1e-4f;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("tipsv2-dpt-mini", 3, "56x56")]
    [DataRow("tipsv2-dpt-mini", 3, "70x42")]
    [DataRow("layouts/dpt-own-names", 2, "84x56")]
    public void Maps_are_those_of_transformers(string folder, int attentionHeads, string size)
    {
        using var checkpoint = CheckpointFile.Open(Path.Combine(GoldenFiles.PathOf("hugging-face", folder), "model.safetensors"));
        bool isMini = folder == "tipsv2-dpt-mini";
        string results = isMini ? folder + "/golden.npz" : "layouts/dpt.golden.npz";
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("hugging-face", results));
        float[][] tokens = Tokens(checkpoint, attentionHeads, size);
        Check("normals", HeadTask.Normals, new HeadOptions(), MapTolerance);
        Check("segmentation", HeadTask.Segmentation, new HeadOptions(), MapTolerance);
        Check("depth", HeadTask.Depth, new HeadOptions { ReluAfterProject = true }, DepthTolerance);
        if (isMini) Check("depth_without_relu", HeadTask.Depth, new HeadOptions(), DepthTolerance);

        void Check(string name, HeadTask task, HeadOptions options, float tolerance)
        {
            var head = DptLayouts.ReadHuggingFace(checkpoint, task);
            using var model = new HeadModel(head, task, options);
            var (rows, columns) = GoldenHeads.Grid(size);
            float[] map = model.Run(tokens, head.Width, rows, columns)[0].Values;
            float difference = Close.MaximumDifference(golden[$"{size}.{name}"], map);
            TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {difference:E1}"));
            Assert.IsLessThanOrEqualTo(tolerance, difference, name);
        }
    }

    // The final-normed tokens after block i are the output of an encoder that ends there.
    private static float[][] Tokens(ICheckpoint dense, int attentionHeads, string size)
    {
        var encoder = MemoryCheckpoint.Of(dense);
        foreach (string key in encoder.Tensors.Keys.Where(k => !IsOfEncoder(k)).ToArray()) encoder.Remove(key);
        foreach (string key in encoder.Tensors.Keys.Where(k => k.StartsWith("backbone.", StringComparison.Ordinal)).ToArray())
            encoder.Rename(key, "vision_model." + key["backbone.".Length..]);
        var tower = TowerLayouts.ReadVision(encoder, attentionHeads);
        var (height, width) = GoldenHeads.Parse(size);
        float[] pixels = TestPictures.FormulaInput(height, width, seed: 3);
        return
        [
            .. Enumerable.Range(1, DptHead.LevelCount).Select(blocks =>
            {
                double[][] tokens = new ReferenceTower(Fault.None)
                    .Vision(tower with { Blocks = [.. tower.Blocks.Take(blocks)] }, [], pixels, height, width);
                return tokens.SelectMany(t => t).Select(v => (float)v).ToArray();
            }),
        ];
    }

    private static bool IsOfEncoder(string key)
        => key.StartsWith("vision_encoder.", StringComparison.Ordinal) || key.StartsWith("backbone.", StringComparison.Ordinal);
}
