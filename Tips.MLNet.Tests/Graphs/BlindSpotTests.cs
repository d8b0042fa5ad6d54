using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>
/// Faults that ordinary inputs do not show: inputs that show them against the reference's outputs, and a plain reference of our own into
/// which each fault is put, to prove that the golden data would notice it.
/// </summary>
[TestClass]
public sealed class BlindSpotTests : IDisposable
{
    private const float Epsilon = 1e-3f;

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _folder.Dispose();

    /// <summary>A token whose embedding almost vanishes: the layer norm divides by little more than its epsilon.</summary>
    [TestMethod]
    [DataRow("text", "token_embedding.weight")]
    [DataRow("scenic_text", "token_emb/emb_var")]
    public void The_epsilon_of_the_text_encoder_shows(string name, string table)
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", name + ".golden.npz"));
        string checkpoint = TextWithFaintToken(name, table, golden);
        using var model = Load(
            new ExportRequest(null, _folder["model"]) { Text = new TextSource(checkpoint, TestModels.SmallTokenizer()) });
        float[] embedding = new float[128];
        model.RunTokens(Ids(golden, "eps."), 1, 64, embedding);
        Check(golden["eps.embeddings"], embedding, Epsilon);
    }

    [TestMethod]
    public void The_epsilon_of_the_image_encoder_shows()
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "vision_mlp.golden.npz"));
        using var model = Load(new ExportRequest(FaintVision(golden["eps.scale"][0]), _folder["model"]) { ImageSize = (56, 56) });
        float[] tokens = new float[256], patches = new float[16 * 128];
        model.RunPixels(TestPictures.FormulaInput(56, 56, seed: 3), 1, tokens, patches);
        Check(golden["eps.cls1"], tokens.AsSpan(0, 128), Epsilon);
        Check(golden["eps.cls2"], tokens.AsSpan(128), Epsilon);
        Check(golden["eps.patches"], patches, Epsilon);
    }

    [TestMethod]
    [DataRow("empty.", 2)]
    [DataRow("hole.", 1)]
    public void Padding_counts_wherever_it_stands(string rows, int count)
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "scenic_text.golden.npz"));
        using var model = TipsModel.Load(TestModels.ScenicTextFolder(), TestExecution.Options);
        float[] embeddings = new float[count * 128];
        model.RunTokens(Ids(golden, rows), count, 64, embeddings);
        Check(golden[rows + "embeddings"], embeddings, Close.RawTokens);
    }

    [TestMethod]
    [DataRow("vision_mlp", 56, 56)]
    [DataRow("vision_mlp", 42, 112)]
    [DataRow("vision_swiglu", 84, 56)]
    [DataRow("scenic_vision_mlp", 42, 42)]
    [DataRow("scenic_vision_swiglu", 28, 70)]
    public void The_plain_reference_gives_the_golden_tokens(string name, int height, int width)
        => Assert.IsLessThan(Close.RawTokens, VisionDifference(Fault.None, name, height, width));

    [TestMethod]
    [DataRow("text")]
    [DataRow("scenic_text")]
    public void The_plain_reference_gives_the_golden_texts(string name)
    {
        Assert.IsLessThan(Close.RawTokens, TextDifference(Fault.None, name, ""));
        Assert.IsLessThan(Epsilon, TextDifference(Fault.None, name, "eps."));
    }

    [TestMethod]
    [DataRow("TanhGelu", "vision_mlp", 56, 56)]
    [DataRow("NoAntialias", "scenic_vision_mlp", 42, 42)]
    [DataRow("NoAntialias", "scenic_vision_swiglu", 28, 70)]
    [DataRow("SwappedGateAndValue", "vision_swiglu", 56, 56)]
    [DataRow("PositionOnSecondToken", "vision_mlp", 56, 56)]
    public void A_fault_of_the_image_encoder_would_be_noticed(string fault, string name, int height, int width)
        => AssertNoticed(VisionDifference(Enum.Parse<Fault>(fault), name, height, width), Close.RawTokens);

    [TestMethod]
    [DataRow("NoEmbeddingScale", "text", "")]
    [DataRow("NoEmbeddingScale", "scenic_text", "")]
    [DataRow("WrongEpsilon", "text", "eps.")]
    public void A_fault_of_the_text_encoder_would_be_noticed(string fault, string name, string rows)
        => AssertNoticed(TextDifference(Enum.Parse<Fault>(fault), name, rows), rows == "" ? Close.RawTokens : Epsilon);

    [TestMethod]
    public void A_wrong_epsilon_of_the_image_encoder_would_be_noticed()
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "vision_mlp.golden.npz"));
        string checkpoint = FaintVision(golden["eps.scale"][0]);
        Assert.IsLessThan(Epsilon, Difference(Fault.None));
        AssertNoticed(Difference(Fault.WrongEpsilon), Epsilon);

        float Difference(Fault fault) => VisionDifference(fault, checkpoint, golden, "eps.", (56, 56), seed: 3);
    }

    private void AssertNoticed(float difference, float tolerance)
    {
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"off by {difference:E1}, allowed {tolerance:E1}"));
        Assert.IsGreaterThan(5 * tolerance, difference);
    }

    private static float VisionDifference(Fault fault, string name, int height, int width)
    {
        ulong seed = name.StartsWith("scenic", StringComparison.Ordinal) ? 4UL : 3;
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", name + ".golden.npz"));
        return VisionDifference(fault, GoldenFiles.PathOf("mini", name + ".npz"), golden, $"{height}x{width}.", (height, width), seed);
    }

    private static float VisionDifference(
        Fault fault, string path, Dictionary<string, float[]> golden, string rows, (int Height, int Width) size, ulong seed)
    {
        using var checkpoint = CheckpointFile.Open(path);
        var tower = TowerLayouts.ReadVision(checkpoint);
        float[] firstPosition = checkpoint.Tensors.ContainsKey("pos_embed") ? checkpoint.Read("pos_embed")[..tower.Width] : [];
        double[][] tokens = new ReferenceTower(fault)
            .Vision(tower, firstPosition, TestPictures.FormulaInput(size.Height, size.Width, seed), size.Height, size.Width);
        float[][] found = [.. tokens.Select(t => Array.ConvertAll(t, v => (float)v))];
        float[] patches = [.. found.Skip(2).SelectMany(t => t)];
        return ((float[])
        [
            Close.MaximumDifference(golden[rows + "cls1"], found[0]),
            Close.MaximumDifference(golden[rows + "cls2"], found[1]),
            Close.MaximumDifference(golden[rows + "patches"], patches),
        ]).Max();
    }

    private float TextDifference(Fault fault, string name, string rows)
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", name + ".golden.npz"));
        string path = rows == ""
            ? GoldenFiles.PathOf("mini", name + ".npz")
            : TextWithFaintToken(name, name == "text" ? "token_embedding.weight" : "token_emb/emb_var", golden);
        using var checkpoint = CheckpointFile.Open(path);
        var tower = TowerLayouts.ReadText(checkpoint);
        var reference = new ReferenceTower(fault);
        float[] found = [.. Ids(golden, rows).Chunk(64).SelectMany(ids => reference.Text(tower, ids)).Select(v => (float)v)];
        return Close.MaximumDifference(golden[rows + "embeddings"], found);
    }

    private static long[] Ids(Dictionary<string, float[]> golden, string rows)
        => [.. golden[rows + "ids"].Zip(golden[rows + "paddings"]).Select(p => p.Second == 1 ? 0 : (long)p.First)];

    private string TextWithFaintToken(string name, string table, Dictionary<string, float[]> golden)
        => Changed(GoldenFiles.PathOf("mini", name + ".npz"), (key, values) =>
        {
            if (key == table) golden["eps.row"].CopyTo(values, (int)golden["eps.token"][0] * 128);
        });

    private string FaintVision(float scale)
    {
        string[] scaled = ["cls_token", "register_tokens", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"];
        return Changed(GoldenFiles.PathOf("mini", "vision_mlp.npz"), (key, values) =>
        {
            if (!scaled.Contains(key)) return;
            for (int i = 0; i < values.Length; i++) values[i] *= scale;
        });
    }

    private string Changed(string path, Action<string, float[]> change)
    {
        string changed = _folder["changed-" + Path.GetFileName(path)];
        if (File.Exists(changed)) return changed;
        using var source = NpzCheckpoint.Open(path);
        using var npz = NpzWriter.Create(changed);
        foreach (var (key, tensor) in source.Tensors)
        {
            float[] values = (float[])source.Read(key).Clone();
            change(key, values);
            npz.Add(key, [.. tensor.Shape], values);
        }

        return changed;
    }

    private static TipsModel Load(ExportRequest request)
    {
        ModelExporter.Export(request);
        return TipsModel.Load(request.OutputFolder, TestExecution.Options);
    }

    private void Check(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance)
    {
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Close.MaximumDifference(expected, actual):E1}"));
        Close.AreClose(expected, actual, tolerance);
    }
}
