using System.Diagnostics;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>A folder of 49 pictures, two of them bad: every sample does its work without them, names both, and ends with code 3.</summary>
[TestClass]
public sealed class LeftOutTests : IDisposable
{
    private const int Classes = 7, PicturesPerClass = 7;

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _bad;

    public LeftOutTests()
    {
        string[] drawings = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal)];
        for (int i = 0; i < Classes * PicturesPerClass; i++)
        {
            string file = _folder[$"in/class {i / PicturesPerClass}/{i % PicturesPerClass}.png"];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(drawings[i], file);
        }

        _bad = [_folder["in/class 2/3.png"], _folder["in/class 5/0.png"]];
        File.Copy(GoldenFiles.PathOf("cases", "error-page.jpg"), _bad[0], overwrite: true);
        File.WriteAllBytes(_bad[1], File.ReadAllBytes(drawings[^1])[..^40]);
    }

    private string In => _folder["in"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("knn")]
    [DataRow("zero-shot")]
    [DataRow("probe")]
    [DataRow("search")]
    [DataRow("cluster")]
    [DataRow("audit")]
    [DataRow("embed")]
    [DataRow("patches")]
    [DataRow("pca")]
    [DataRow("heatmap")]
    [DataRow("segment")]
    [DataRow("foreground")]
    [DataRow("depth")]
    [DataRow("normals")]
    public async Task Every_sample_goes_on(string sample)
    {
        string[] more = sample switch
        {
            "knn" or "probe" => ["--output", _folder["p.zip"]],
            "search" or "cluster" or "audit" => ["--output", _folder["sheet.png"]],
            "zero-shot" or "embed" => [],
            "heatmap" => ["--text", "a bird", "--output", _folder["out"]],
            "segment" => ["--labels", Labels(), "--mode", "whole", "--output", _folder["out"]],
            "depth" or "normals" => ["--model", TestModels.HeadsFolder(), "--output", _folder["out"]],
            _ => ["--output", _folder["out"]],
        };
        string[] images = sample == "foreground" ? ["--apply", In] : ["--images", In];
        string[] arguments = [sample, .. images, .. more];
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(3, code, error);
        foreach (string file in _bad) Assert.Contains($"left out: Picture '{file}' cannot be read: ", error);
        Assert.Contains("2 picture(s) left out", error);
        Assert.IsGreaterThan(0, output.Length, "it reports");
        if (sample == "embed") Assert.HasCount(47, Parse(output, "path"));
        if (sample is "patches" or "pca" or "heatmap" or "segment" or "foreground" or "depth" or "normals")
        {
            string[] files = Directory.GetFiles(_folder["out"], "*.*", SearchOption.AllDirectories);
            Assert.IsGreaterThanOrEqualTo(47, files.Length);
            Assert.IsFalse(files.Any(f => f.Contains("class 2" + Path.DirectorySeparatorChar + "3.", StringComparison.Ordinal)));
        }

        (code, _, error) = await Run([.. arguments, "--strict"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"error: Picture '{_bad[0]}' cannot be read: it is a page of HTML", error);
        Assert.DoesNotContain(_bad[1], error, "it stopped at the first");
    }

    [TestMethod]
    public async Task A_picture_and_a_mask_that_cannot_be_read_are_left_out_of_training()
    {
        string[] names = ["1", "2", "4"];
        foreach (string name in names)
        {
            string picture = _folder[$"masked/{name}.png"];
            Directory.CreateDirectory(_folder["masked"]);
            File.Copy(_folder[$"in/class 0/{name}.png"], picture);
            using var image = ImageSource.FromFile(picture).Decode();
            TestPictures.WriteLeftHalfMask(_folder[$"masked/{name}.mask.png"], image.Height, image.Width);
        }

        File.WriteAllText(_folder["masked/4.mask.png"], "no picture");
        var (code, output, error) = await Run("foreground", "--images", _folder["masked"], "--output", _folder["out"]);
        Assert.AreEqual(3, code, error);
        Assert.Contains($"left out: Picture '{_folder["masked/4.mask.png"]}' cannot be read: it is text, not a picture.", error);
        Assert.Contains("2 pictures have", output);
    }

    [TestMethod]
    public async Task When_nothing_can_be_read_it_is_a_failure()
    {
        foreach (string sample in (string[])["embed", "patches", "search"])
        {
            string[] output = sample == "embed" ? [] : ["--output", _folder[sample == "search" ? "s.png" : "out"]];
            var (code, _, error) = await Run([sample, "--images", _bad[0], .. output]);
            Assert.AreEqual(1, code, sample);
            Assert.HasCount(2, error.Split("error: No picture can be read."));
        }
    }

    /// <summary>What cannot be a picture, or cannot be opened, is said.</summary>
    [TestMethod]
    public async Task What_is_passed_over_is_said()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Windows has no such files in folders.");
        foreach (string file in _bad) File.Delete(file);
        Process.Start("mkfifo", [_folder["in/class 0/pipe.png"]]).WaitForExit();
        var (code, output, error) = await Run("embed", "--images", In);
        Assert.AreEqual((0, 47), (code, Parse(output, "path").Length), error);
        Assert.Contains($"passed over: '{_folder["in/class 0/pipe.png"]}': it is a pipe", error);

        File.CreateSymbolicLink(_folder["in/class 1/link.png"], _folder["nowhere.png"]);
        File.WriteAllBytes(_folder["in/class 1/scan.tif"], [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0]);
        Process.Start("sh", ["-c", $"printf 'x' > '{_folder["in/class 1"]}'/$(printf 'caf\\351').png"]).WaitForExit();
        (code, output, error) = await Run("embed", "--images", In);
        Assert.AreEqual((3, 47), (code, Parse(output, "path").Length), error);
        Assert.Contains($"left out: '{_folder["in/class 1/link.png"]}': ", error);
        Assert.Contains($"left out: '{_folder["in/class 1/scan.tif"]}': ", error);
        Assert.Contains("UTF-8", error);
        Assert.Contains("3 picture(s) left out", error);
        Process.Start("rm", ["-r", _folder["in/class 1"]]).WaitForExit(); // .NET cannot name that file
    }

    private string Labels()
    {
        File.WriteAllLines(_folder["labels.txt"], ["bird", "car", "fruit"]);
        return _folder["labels.txt"];
    }
}
