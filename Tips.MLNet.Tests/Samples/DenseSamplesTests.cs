using System.Text.Json;
using Microsoft.ML.Data;
using SkiaSharp;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>The samples of patches as a shell sees them.</summary>
[TestClass]
public sealed class DenseSamplesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Out => _folder["out"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Patches_are_written_as_NumPy_arrays()
    {
        Directory.CreateDirectory(_folder["in/sub"]);
        string[] files = ["cat.png", "cat.bmp", "sub/dog.png"];
        foreach (string file in files) File.Copy(Drawing("owl"), _folder[$"in/{file}"]);
        await Succeeds("patches", "--images", _folder["in"], "--output", Out, "--short-side", "56");
        string[] expected = ["cat.bmp.patches.npy", "cat.png.patches.npy", "sub/dog.patches.npy"];
        CollectionAssert.AreEquivalent(expected, Files(Out));
        using var model = TestModels.LoadTiny();
        var patches = model.EmbedPatches(Drawing("owl"), new PatchOptions { Input = PatchInput.ShortSide(56) });
        Close.AreClose(patches.Values, Npy(Path.Combine(Out, "sub", "dog.patches.npy"), "(4, 4, 192)"), 0);
    }

    private static float[] Npy(string file, string shape)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int end = Array.IndexOf(bytes, (byte)'\n') + 1;
        Assert.AreEqual(0, end % 64);
        string header = System.Text.Encoding.ASCII.GetString(bytes, 0, end);
        Assert.Contains($"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", header);
        float[] values = new float[(bytes.Length - end) / 4];
        Buffer.BlockCopy(bytes, end, values, 0, values.Length * 4);
        return values;
    }

    [TestMethod]
    public async Task Every_sample_runs_without_arguments_on_what_comes_with_it()
    {
        Assert.MatchesRegex(@"collage-3\.patches\.npy +12 +12 +192", await Succeeds("patches", "--output", Out));
        Assert.Contains("collage-3.pca.png", await Succeeds("pca", "--output", Out));
        string found = await Succeeds("heatmap", "--output", Out);
        Assert.Contains("The most similar patch lies in the right quarter of the collage for 10 of 12 texts.", found);
        Assert.MatchesRegex(@"background +39\.0 %", await Succeeds("segment", "--output", Out));
        Assert.MatchesRegex(@"mean +0\.984 ", await Succeeds("foreground", "--output", Out));
        var byEnding = Files(Out).GroupBy(f => string.Join('.', f.Split('.')[^2..])).ToDictionary(g => g.Key, g => g.Count());
        Assert.AreEqual(
            (3, 3, 12, 3, 3, 10, 1),
            (byEnding["patches.npy"], byEnding["pca.png"], byEnding["heatmap.png"], byEnding["classes.png"], byEnding["segments.png"],
                byEnding["foreground.png"], byEnding["foreground.json"]));
        foreach (string file in Directory.GetFiles(Out, "*.png"))
        {
            using var image = MLImage.CreateFromFile(file);
            Assert.IsGreaterThan(100, image.Width, file);
        }
    }

    [TestMethod]
    public async Task A_point_of_a_picture_is_found_in_it()
    {
        string picture = Drawing("dolphin");
        string found = await Succeeds(
            "heatmap", "--images", picture, "--point", $"{picture}:60,40", "--output", Out, "--short-side", "112");
        // The patch itself, with the cosine 1; its center is the middle of its 14 pixels.
        Assert.MatchesRegex(@"at 60,40 +1\.000 +63 +35", found);
        string beyond = await Fails("heatmap", "--images", picture, "--point", $"{picture}:112,0", "--output", Out);
        Assert.Contains("has 112x112 pixels (width x height)", beyond);
    }

    /// <summary>The classes of the pictures themselves as truth: everything agrees, whatever the offset.</summary>
    [TestMethod]
    public async Task Segments_are_compared_with_the_truth()
    {
        Directory.CreateDirectory(_folder["in"]);
        Directory.CreateDirectory(_folder["truth"]);
        foreach (string label in (string[])["red apple", "owl"]) File.Copy(Drawing(label), _folder[$"in/{label}.png"]);
        File.WriteAllText(_folder["labels.txt"], "background\twhite paper\nred apple\n\nowl\tnight bird\n");
        string[] command = ["segment", "--images", _folder["in"], "--labels", _folder["labels.txt"], "--output", Out];
        Assert.MatchesRegex(@"red apple +\d+\.\d %", await Succeeds(command));
        byte[] classes = GrayPng.Read(Path.Combine(Out, "owl.classes.png"), out int height, out int width);
        Assert.AreEqual((112, 112), (height, width));
        Assert.IsTrue(classes.Distinct().All(c => c < 3));

        foreach (string name in (string[])["red apple", "owl"])
        {
            byte[] labels = [.. GrayPng.Read(Path.Combine(Out, $"{name}.classes.png"), out _, out _).Select(c => (byte)(c + 1))];
            labels.AsSpan(0, 112).Fill(255);
            Bitmaps.SaveGray(labels, 112, 112, _folder[$"truth/{name}.png"]);
        }

        string report = await Succeeds([.. command, "--truth", _folder["truth"]]);
        Assert.Contains("mIoU 100.0 %, pixel accuracy 100.0 %, over 24,864 pixels.", report);
        Assert.Contains("would be class 3, expected 0 to 2", await Fails([.. command, "--truth", _folder["truth"], "--label-offset", "0"]));
        File.Copy(Drawing("owl"), _folder["truth/owl.png"], overwrite: true);
        Assert.Contains("expected gray of 8 bits", await Fails([.. command, "--truth", _folder["truth"]]));
        File.Delete(_folder["truth/owl.png"]);
        Assert.Contains("There is no file", await Fails([.. command, "--truth", _folder["truth"]]));
    }

    [TestMethod]
    public async Task A_foreground_classifier_is_used_again()
    {
        string report = await Succeeds("foreground", "--output", Out);
        Assert.Contains("10 pictures have ", report);
        string saved = Path.Combine(Out, "foreground.json"), cat = Drawing("cat");
        await Succeeds("foreground", "--load", saved, "--apply", cat, "--output", _folder["new"]);
        Assert.HasCount(1, Directory.GetFiles(_folder["new"], "*.foreground.png"));
        Directory.CreateDirectory(_folder["in"]);
        File.Copy(Drawing("owl"), _folder["in/owl.png"]);
        Assert.Contains(
            $"there is no '{_folder["in/owl.mask.png"]}'", await Fails("foreground", "--images", _folder["in"], "--output", Out));
        string[] other = ["foreground", "--model", TestModels.MiniFolder(), "--load", saved, "--apply", cat, "--output", Out];
        Assert.Contains("The classifier was trained with a model of variant D192x6/14", await Fails(other));
    }

    /// <summary>Dots in names, and names that differ only in their endings, or by what is added to tell others apart.</summary>
    [TestMethod]
    public async Task Pictures_with_similar_names_have_results_of_their_own()
    {
        Directory.CreateDirectory(_folder["in"]);
        string[] names = ["a.bmp", "a.png", "a.png.png", "b.2.png", "b.png"];
        foreach (string name in names) File.Copy(Drawing("owl"), _folder[$"in/{name}"]);
        await Succeeds("patches", "--images", _folder["in"], "--output", Out);
        Assert.HasCount(5, Files(Out));
        await Succeeds("heatmap", "--images", _folder["in/b.png"], "-t", "a", "-t", "a", "-t", "a-2", "--output", _folder["heat"]);
        Assert.HasCount(3, Files(_folder["heat"]));

        Directory.CreateDirectory(_folder["truth"]);
        File.Delete(_folder["in/a.bmp"]);
        File.Delete(_folder["in/a.png"]);
        File.Delete(_folder["in/a.png.png"]);
        File.WriteAllText(_folder["labels.txt"], "owl\ncat\n");
        Bitmaps.SaveGray([.. Enumerable.Repeat((byte)1, 112 * 112)], 112, 112, _folder["truth/b.png"]);
        Bitmaps.SaveGray([.. Enumerable.Repeat((byte)0, 112 * 112)], 112, 112, _folder["truth/b.2.png"]);
        string[] segment = ["segment", "--images", _folder["in"], "--labels", _folder["labels.txt"], "--truth", _folder["truth"]];
        Assert.Contains("over 12,544 pixels", await Succeeds([.. segment, "--output", _folder["segments"]]));
    }

    /// <summary>A picture is never its own mask; masks may lie in a folder within that of the pictures.</summary>
    [TestMethod]
    public async Task Masks_are_not_pictures()
    {
        Directory.CreateDirectory(_folder["in/masks"]);
        foreach (string label in (string[])["owl", "cat"])
        {
            File.Copy(Drawing(label), _folder[$"in/{label}.png"]);
            byte[] mask = new byte[112 * 112];
            mask.AsSpan(0, 56 * 112).Fill(255);
            Bitmaps.SaveGray(mask, 112, 112, _folder[$"in/masks/{label}.png"]);
        }

        string report = await Succeeds("foreground", "--images", _folder["in"], "--masks", _folder["in/masks"], "--output", Out);
        Assert.Contains("2 pictures have ", report);
        string again = Path.Combine(_folder.Path, ".", "in");
        Assert.Contains("has no mask", await Fails("foreground", "--images", _folder["in"], "--masks", again, "--output", _folder["none"]));
        Assert.IsFalse(Directory.Exists(_folder["none"]));
    }

    /// <summary>The arrays are what the library computes; the 16-bit picture has it in millimeters.</summary>
    [TestMethod]
    public async Task Heads_write_arrays_and_pictures_at_the_pictures_size()
    {
        string picture = Drawing("owl");
        string[] files = ["--model", TestModels.HeadsFolder(), "--images", picture, "--output", Out];
        Assert.MatchesRegex(@"owl.*\d\.\d\d", await Succeeds(["depth", .. files]));
        await Succeeds(["normals", .. files]);
        Assert.Contains("class 7", await Succeeds(["segment", "--head", .. files]));
        string name = Path.GetFileNameWithoutExtension(picture);
        string[] endings = ["classes.png", "depth.npy", "depth.png", "depth16.png", "normals.npy", "normals.png", "segments.png"];
        string[] expected = Array.ConvertAll(endings, ending => $"{name}.{ending}");
        CollectionAssert.AreEquivalent(expected, Files(Out));

        using var model = TipsModel.Load(TestModels.HeadsFolder());
        var prediction = DensePrediction.Compute(model, picture);
        float[] depth = Npy(Path.Combine(Out, name + ".depth.npy"), "(112, 112)");
        Close.AreClose(prediction.Depth!.Meters, depth, 0);
        Close.AreClose(prediction.Normals!.Directions, Npy(Path.Combine(Out, name + ".normals.npy"), "(112, 112, 3)"), 0);
        CollectionAssert.AreEqual(
            prediction.Segmentation!.Classes.ToArray(), GrayPng.Read(Path.Combine(Out, name + ".classes.png"), out _, out _));

        // Skia reads the upper eight bits of sixteen.
        byte[] png = File.ReadAllBytes(Path.Combine(Out, name + ".depth16.png"));
        Assert.AreEqual((16, 0), (png[24], png[25]));
        using var drawn = SKBitmap.Decode(png);
        Assert.AreEqual((112, 112), (drawn.Height, drawn.Width));
        for (int i = 0; i < depth.Length; i += 97)
        {
            double upper = Math.Round(depth[i] * 1000) / 257;
            Assert.AreEqual(upper, drawn.GetPixel(i % 112, i / 112).Red, 1.01);
        }
    }

    [TestMethod]
    [DataRow("--head needs --images and --model", "segment", "--head")]
    [DataRow("--head is without --labels", "segment", "--head", "--images", "x", "--model", "y", "--labels", "z")]
    [DataRow("'--model' is required", "depth", "--images", "x")]
    [DataRow("--style is 'x', expected notebook or hugging-face.", "normals", "--model", "y", "--images", "x", "--style", "x")]
    [DataRow("--images needs --labels", "segment", "--images", "x")]
    [DataRow("--mode is 'x', expected slide or whole.", "segment", "--mode", "x")]
    [DataRow("--ignore is '0,x', expected numbers from 0 to 255", "segment", "--ignore", "0,x")]
    [DataRow("Say what to look for: --text or --point.", "heatmap", "--images", "x")]
    [DataRow("--point is 'cat.jpg:1', expected a picture, a colon and two numbers", "heatmap", "--point", "cat.jpg:1")]
    [DataRow("--style is 'x', expected sigmoid or direction.", "pca", "--style", "x")]
    [DataRow("--pad is for --as-is.", "patches", "--pad")]
    [DataRow("'--pad'", "heatmap", "--pad")]
    [DataRow("--layer is '-1', expected a number from 0.", "patches", "--layer", "-1")]
    [DataRow("--window and --stride are for --windows.", "patches", "--window", "28")]
    [DataRow("--as-is is without --short-side and --windows.", "patches", "--as-is", "--windows")]
    [DataRow("--short-side is '0', expected a positive number.", "patches", "--short-side", "0")]
    [DataRow("--load needs --apply", "foreground", "--load", "x")]
    [DataRow("--c is '0', expected a positive number.", "foreground", "--c", "0")]
    public async Task Wrong_usage_is_exit_code_2(string expected, params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual((2, ""), (code, output));
        Assert.Contains(expected, error);
    }

    [TestMethod]
    [DataRow("one\n", "has 1 class(es), expected at least 2.")]
    [DataRow("one\ntwo\none\n", "has the class 'one' twice.")]
    public async Task A_bad_file_of_classes_is_named(string content, string message)
    {
        File.WriteAllText(_folder["labels.txt"], content);
        string error = await Fails("segment", "--images", Drawing("owl"), "--labels", _folder["labels.txt"], "--output", Out);
        Assert.Contains(message, error);
        Assert.Contains(_folder["labels.txt"], error);
    }

    /// <summary>The notebook cuts the channels off; rounding would change more than half of them.</summary>
    [TestMethod]
    public void Class_colors_are_the_notebooks()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("dense", "ade20k.json")));
        var palette = json.RootElement.GetProperty("palette");
        Assert.AreEqual(150, palette.GetArrayLength());
        for (int i = 0; i < 150; i++)
        {
            int[] expected = [.. palette[i].EnumerateArray().Select(v => v.GetInt32())];
            var color = ClassPalette.Color(i);
            CollectionAssert.AreEqual(expected, new int[] { color.Red, color.Green, color.Blue }, $"class {i}");
        }
    }

    [TestMethod]
    public void Turbo_has_its_ends_and_middle()
    {
        Assert.AreEqual(new SKColor(48, 18, 59), Turbo.Color(0));
        Assert.AreEqual(new SKColor(48, 18, 59), Turbo.Color(-1));
        Assert.AreEqual(new SKColor(122, 4, 2), Turbo.Color(1));
        Assert.AreEqual(new SKColor(164, 252, 59), Turbo.Color(0.5));
    }

    private static string Drawing(string label) => BundledAssets.UnseenPictures().Single(p => p.Label == label).Path;

    private static string[] Files(string folder)
        => [.. Directory.GetFiles(
            folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'))];

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(0, code, error);
        return output;
    }

    private static async Task<string> Fails(params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(1, code, error);
        return error;
    }
}
