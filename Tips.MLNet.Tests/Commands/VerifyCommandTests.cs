using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Commands;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Verification;

namespace Tips.MLNet.Tests.Commands;

[TestClass]
public sealed class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task A_model_is_compared_with_itself()
    {
        var (code, output, error) = await Run("verify", TestModels.MiniTextFolder());
        Assert.AreEqual(0, code, error);
        Assert.Contains("mini-text (D128x3/14, fp32, 56x56) against itself: 16 pictures, 20 texts. Every file is the one its manifest lists.", output);
        foreach (string row in (string[])["embedding graph, dense graph", "picture alone, in a batch", "text alone, in a batch"]) Assert.MatchesRegex(row + @" +1\.000000 +1\.000000", output);
        Assert.MatchesRegex(@"Time of a picture \(median\): \d+\.\d ms\.", output);
    }

    [TestMethod]
    public async Task Two_models_are_compared_on_ones_own_pictures_and_texts()
    {
        File.WriteAllLines(_folder["texts.txt"], ["a red apple", "", "an airplane"]);
        string pictures = Path.Combine(TestModels.PictureFolder, "seen");
        var (code, output, error) = await Run("verify", TestModels.TinyFolderIn(WeightPrecision.Float16), "--against", TestModels.TinyFolder, "--images", pictures, "--texts", _folder["texts.txt"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("294 pictures, 2 texts.", output);
        Assert.MatchesRegex(@"first CLS token +(0\.99999\d|1\.000000) +\d\.\d{6} +29[34] of 294", output);
        foreach (string row in (string[])["second CLS token", "patch tokens", "texts"]) Assert.MatchesRegex(row + @" +(0\.9999\d\d|1\.000000)", output);
        Assert.Contains("Top-1 is the nearest of 2 texts.", output);
        Assert.MatchesRegex(@"Time of a picture \(median, in turns\): [\d.]+ ms against [\d.]+ ms, ratio \d+\.\d\d\.", output);
    }

    [TestMethod]
    public async Task Models_without_texts_are_compared_by_pictures()
    {
        var (code, output, error) = await Run("verify", TestModels.MiniFolder("mlp", precision: WeightPrecision.Int8), "--against", TestModels.MiniFolder());
        Assert.AreEqual(0, code, error);
        Assert.Contains("16 pictures. Every file", output);
        Assert.DoesNotContain("texts", output);
        Assert.Contains("Top-1 is the nearest other picture.", output);
    }

    [TestMethod]
    public async Task Models_that_differ_are_code_1()
    {
        var (code, output, error) = await Run("verify", TestModels.ScenicFolder("mlp", 56, 56), "--against", TestModels.MiniFolder());
        Assert.AreEqual(1, code);
        Assert.Contains("first CLS token", output, "the figures are shown all the same");
        Assert.Contains($"error: Model folder '{TestModels.ScenicFolder("mlp", 56, 56)}' differs: the mean cosine of 'first CLS token', 'second CLS token', 'patch tokens' is below 0.99.", error);
        Assert.AreEqual(0, (await Run("verify", TestModels.ScenicFolder("mlp", 56, 56), "--against", TestModels.MiniFolder(), "--minimum", "-1")).Code);
    }

    [TestMethod]
    public async Task Bad_input_is_one_line()
    {
        Assert.AreEqual($"error: There is no model folder '{_folder["none"]}'.", await Fails("verify", _folder["none"]));
        Assert.Contains("The models do not compare: 'mini-mlp-56x56' gives 128 values, 'tips-tiny14' 192.", await Fails("verify", TestModels.MiniFolder(), "--against", TestModels.TinyFolder));
        Assert.Contains($"There is no folder '{_folder["none"]}'.", await Fails("verify", TestModels.MiniFolder(), "--images", _folder["none"]));
        Assert.Contains("has no pictures (.bmp, .gif, .jpeg, .jpg, .png, .webp).", await Fails("verify", TestModels.MiniFolder(), "--images", _folder.Path));
        File.WriteAllText(_folder["bad.png"], "no picture");
        Assert.Contains($"Picture '{_folder["bad.png"]}' cannot be read: it is damaged or not of a known picture format.", await Fails("verify", TestModels.MiniFolder(), "--images", _folder.Path));
        File.WriteAllText(_folder["texts.txt"], "\n\n");
        Assert.Contains("has no texts.", await Fails("verify", TestModels.MiniFolder(), "--texts", _folder["texts.txt"]));

        TestModels.Copy(TestModels.MiniFolder(), _folder["damaged"]);
        string weights = Directory.GetFiles(_folder["damaged"], "weights.*").Single();
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("is damaged or was changed: its SHA-256 is", await Fails("verify", _folder["damaged"]));

        async Task<string> Fails(params string[] arguments)
        {
            var (code, output, error) = await Run(arguments);
            Assert.AreEqual((1, ""), (code, output));
            return error.Trim().Split('\n')[^1];
        }
    }

    [TestMethod]
    public void A_value_that_is_not_finite_is_no_cosine()
    {
        var cosines = new CosineSummary();
        Assert.ThrowsExactly<InvalidDataException>(() => cosines.Add([1f, float.NaN], [1f, 0f], 2));
        cosines.Add([3f, 4f, 0f, 0f], [6f, 8f, 0f, 0f], 2);
        Assert.AreEqual((1.0, 1.0, 2L), (cosines.Mean, cosines.Minimum, cosines.Count));
        cosines.Add([1f, 0f], [0f, 0f], 2);
        Assert.AreEqual(0.0, cosines.Minimum);
    }

    [TestMethod]
    public void The_nearest_row_is_never_the_query_itself()
    {
        float[][] rows = [[1, 0], [0.9f, 0.1f], [0, 1]];
        CollectionAssert.AreEqual(new[] { 1, 0, 1 }, NearestRows.Find(rows, rows, others: true));
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, NearestRows.Find(rows, rows, others: false));
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await ToolCommand.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
