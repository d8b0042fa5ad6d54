using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Packaging;

[TestClass]
public class LineLengthTests
{
    /// <summary>The project lies under another Directory.Build.targets, a copy of this repository's.</summary>
    [TestMethod]
    public void A_line_of_141_characters_ends_the_build_with_its_file_and_number()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(CommandRun.RepositoryFolder, "Directory.Build.targets"), folder["Directory.Build.targets"]);
        File.WriteAllText(
            folder["Directory.Build.props"], "<Project><PropertyGroup><OnnxRuntime>Cpu</OnnxRuntime></PropertyGroup></Project>");
        File.WriteAllText(
            folder["Lines.csproj"],
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        File.WriteAllText(folder["Fits.cs"], Line(140, 'é') + "\r\n" + Line(140, '…') + "\n" + Line(140, 'x'));
        File.WriteAllText(folder["Another.cs"], Line(141, 'é'));
        File.WriteAllText(folder["TooLong.cs"], "// $(Text); @(Item), %41 'single' \"double\" `back` (')\n\n" + Line(141, 'x') + "\n");
        Directory.CreateDirectory(folder["obj/Debug/net10.0"]);
        File.WriteAllText(folder["obj/Debug/net10.0/Lines.GlobalUsings.g.cs"], Line(500, 'x'));

        var run = CommandRun.TryBuild("build", folder["Lines.csproj"]);
        Assert.AreNotEqual(0, run.ExitCode, run.Output);
        Assert.Contains("TooLong.cs(3) : error TIPS002: The line has more than 140 characters.", run.Output);
        Assert.Contains("Another.cs(1) : error TIPS002", run.Output);
        Assert.DoesNotContain("Fits.cs", run.Output);
        Assert.IsFalse(File.Exists(folder["obj/Debug/net10.0/Lines.dll"]), "nothing is compiled after that");

        run = CommandRun.TryBuild("build", folder["Lines.csproj"], "-p:CheckLineLength=false");
        Assert.AreEqual(0, run.ExitCode, run.Output);
    }

    private static string Line(int length, char character) => "// " + new string(character, length - 3);
}
