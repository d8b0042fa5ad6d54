using System.Globalization;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Packaging;

[TestClass]
public class AotProgramTests
{
    private const string Text = "a photo of a camel";

    /// <summary>
    /// Rounding: native code adds in another order where it uses vectors of another width. The values are at most 1, and so is the cosine.
    /// </summary>
    private const float Tolerance = 1e-6f;

    /// <summary>Publishing takes about half a minute, and fails on every warning about trimming and AOT.</summary>
    [TestMethod]
    [TestCategory("Slow")]
    public void A_native_program_embeds_and_searches_as_the_tests_do()
    {
        if (NativeLinker.FindMissing() is { } missing) Assert.Inconclusive(missing);
        using var folder = new TemporaryFolder();
        string project = Path.Combine(CommandRun.RepositoryFolder, "Tips.MLNet.Tests", "AotProgram", "AotProgram.csproj");
        CommandRun.Build(
            "publish", project, "--use-current-runtime", "--output", folder["program"], "--artifacts-path", folder["artifacts"],
            "-p:RunAnalyzers=false", "-p:CheckLineLength=false");
        Assert.IsFalse(File.Exists(folder["program/Tips.MLNet.dll"]), "the library is not part of the native program");
        string picture = Directory.GetFiles(TestModels.PictureFolder, "camel*.png", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).First();

        string program = folder[OperatingSystem.IsWindows() ? "program/AotProgram.exe" : "program/AotProgram"];
        var run = CommandRun.Start(program, TestModels.TinyFolder, picture, Text);
        Assert.AreEqual(0, run.ExitCode, run.Output);
        string[] lines = run.Output.Split('\n', StringSplitOptions.TrimEntries);

        using var model = TestModels.LoadTiny();
        float[] image = model.EmbedImage(picture), text = model.EmbedText(Text);
        using var index = new EmbeddingIndex(model.EmbeddingDimension);
        index.Add("picture", image);
        Assert.AreEqual(index.Search(text, count: 1)[0].Similarity, float.Parse(lines[0], CultureInfo.InvariantCulture), Tolerance);
        AssertClose(image, lines[1]);
        AssertClose(text, lines[2]);
    }

    private static void AssertClose(float[] expected, string line)
    {
        float[] actual = [.. line.Split(' ').Select(v => float.Parse(v, CultureInfo.InvariantCulture))];
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], Tolerance, $"value {i}");
    }
}
