using System.Text.RegularExpressions;
using Microsoft.ML.Data;
using Tips.MLNet.Samples.Drawing;
using Tips.MLNet.Tests.Packaging;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>The programs that the documents show compile, run, and print what they say.</summary>
[TestClass]
public sealed partial class SnippetTests : IDisposable
{
    private static readonly string[] Documents = ["README.md", "Tips.MLNet/PACKAGE.md", "onnx-export/PACKAGE.md"];

    private static readonly string[] Subjects = ["banana", "dolphin", "hamburger", "rocket", "strawberry", "trumpet"];

    private readonly TemporaryFolder _folder = new();

    private static string SnippetFolder => Path.Combine(CommandRun.RepositoryFolder, "Tips.MLNet.Samples", "Snippets");

    public static IEnumerable<object[]> Names() => Directory.GetFiles(SnippetFolder, "*.cs").Order().Select(path => new object[]
    {
        Path.GetFileNameWithoutExtension(path),
    });

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void A_snippet_prints_what_it_says(string name)
    {
        LayOut(_folder.Path);
        if (name == "LoadPipeline") Load("Classify").Run(_folder.Path);
        var snippet = Load(name);
        Assert.AreEqual(snippet.Output, snippet.Run(_folder.Path));
        foreach (string line in snippet.Lines) Assert.IsLessThanOrEqualTo(140, line.Length, line);
    }

    /// <summary>As a user runs it, with the SDK's own settings, such as those for native AOT.</summary>
    [TestMethod]
    [TestCategory("Slow")]
    [DynamicData(nameof(Names))]
    public void A_snippet_runs_as_a_program_of_its_own(string name)
    {
        LayOut(_folder.Path);
        if (name == "LoadPipeline") RunFile("Classify");
        Assert.AreEqual(Load(name).Output, RunFile(name));

        string RunFile(string file)
        {
            var run = CommandRun.StartIn(_folder.Path, "dotnet", "run", Path.Combine(SnippetFolder, file + ".cs"));
            Assert.AreEqual(0, run.ExitCode, run.Output);
            return run.Output.ReplaceLineEndings("\n").TrimEnd().Replace('\\', '/');
        }
    }

    [TestMethod]
    public void Every_block_of_code_in_the_documents_is_a_region_of_a_snippet()
    {
        var regions = Names().SelectMany(name => Load((string)name[0]).Regions()).ToHashSet();
        int count = 0;
        foreach (string document in Documents)
        {
            string text = File.ReadAllText(Path.Combine(CommandRun.RepositoryFolder, document)).ReplaceLineEndings("\n");
            foreach (Match block in CodeBlock().Matches(text))
            {
                string code = block.Groups[1].Value.Trim();
                Assert.Contains(code, regions, $"{document} shows code that no snippet has:\n{code}");
                count++;
            }
        }

        Assert.IsGreaterThan(5, count);
    }

    [TestMethod]
    public void The_readme_names_every_snippet()
    {
        string readme = File.ReadAllText(Path.Combine(CommandRun.RepositoryFolder, "README.md"));
        foreach (object[] name in Names()) Assert.Contains($"| `{name[0]}.cs` |", readme);
    }

    private static Snippet Load(string name) => new(Path.Combine(SnippetFolder, name + ".cs"));

    /// <summary>Makes the folders that the snippets expect where they run.</summary>
    private static void LayOut(string folder)
    {
        TestModels.Copy(TestModels.TinyFolder, Path.Combine(folder, "tips-b14"));
        TestModels.Copy(TestModels.HeadsFolder(), Path.Combine(folder, "tips-v2-b14"));
        string photos = Directory.CreateDirectory(Path.Combine(folder, "photos")).FullName;
        string masks = Directory.CreateDirectory(Path.Combine(folder, "masks")).FullName;
        foreach (string subject in Subjects)
        {
            string[] drawings = [.. Directory.GetFiles(
                Path.Combine(TestModels.PictureFolder, "seen"), subject + ".*").Order(StringComparer.Ordinal)];
            for (int i = 1; i <= 3; i++) File.Copy(drawings[i - 1], Path.Combine(photos, $"{subject}{i}.png"));
            WriteMask(drawings[0], Path.Combine(masks, $"{subject}1.png"));
        }
    }

    // White is foreground: whatever is not white in the drawing.
    private static void WriteMask(string drawing, string file)
    {
        using var image = MLImage.CreateFromFile(drawing);
        byte[] mask = new byte[image.Width * image.Height];
        for (int i = 0; i < mask.Length; i++) mask[i] = image.Pixels.Slice(4 * i, 3).ContainsAnyExcept((byte)255) ? (byte)255 : (byte)0;
        Bitmaps.SaveGray(mask, image.Height, image.Width, file);
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
