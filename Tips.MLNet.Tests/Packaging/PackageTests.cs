using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Packaging;

[TestClass]
[TestCategory("Slow")]
public class PackageTests
{
    private const int LargestExporterPackage = 35_000_000, LargestToolPackage = 50_000_000;

    private static readonly string[] Systems = ["linux-x64", "linux-arm64", "win-x64", "win-arm64", "osx-arm64"];

    [TestMethod]
    public void The_library_bounds_the_version_of_MLNet_and_leaves_the_native_runtime_to_the_application()
    {
        using var folder = new TemporaryFolder();
        Pack("Tips.MLNet/Tips.MLNet.csproj", folder);
        using var package = ZipFile.OpenRead(Directory.GetFiles(folder["packages"], "Tips.MLNet.*.nupkg").Single());
        AssertDocuments(package);
        var dependencies = ReadSpecification(package).Descendants().Where(e => e.Name.LocalName == "dependency")
            .ToDictionary(e => e.Attribute("id")!.Value, e => e.Attribute("version")!.Value);
        Assert.AreEqual("[5.0.1, 5.1.0)", dependencies["Microsoft.ML"]);
        Assert.AreEqual("[5.0.1, 5.1.0)", dependencies["Microsoft.ML.ImageAnalytics"]);
        Assert.IsTrue(dependencies.ContainsKey("Microsoft.ML.OnnxRuntime.Managed"));
        Assert.IsFalse(dependencies.ContainsKey("Microsoft.ML.OnnxRuntime"));
        using var symbols = ZipFile.OpenRead(Directory.GetFiles(folder["packages"], "Tips.MLNet.*.snupkg").Single());
        Assert.IsNotNull(symbols.GetEntry("lib/net10.0/Tips.MLNet.pdb"));
    }

    [TestMethod]
    public void The_exporter_has_a_small_package_for_each_system_and_can_be_installed_from_a_folder()
    {
        using var folder = new TemporaryFolder();
        PackTool("onnx-export/onnx-export.csproj", "Tips.OnnxExport", LargestExporterPackage, folder);
        if (!TryInstall("Tips.OnnxExport", folder)) return;
        var run = CommandRun.Start(folder["tools/tips-onnx-export"], "verify", TestModels.TinyFolder);
        Assert.AreEqual(0, run.ExitCode, run.Output);
    }

    /// <summary>Installed without anything around it, it trains on what it brings along, and uses what it trained.</summary>
    [TestMethod]
    public void The_command_line_has_a_package_for_each_system_that_holds_all_it_needs()
    {
        using var folder = new TemporaryFolder();
        PackTool("Tips.MLNet.Samples/Tips.MLNet.Samples.csproj", "Tips.MLNet.Tool", LargestToolPackage, folder);
        foreach (string path in Directory.GetFiles(folder["packages"], "Tips.MLNet.Tool.*-*.nupkg"))
        {
            using var package = ZipFile.OpenRead(path);
            string[] names = [.. package.Entries.Select(e => e.FullName)];
            Assert.HasCount(1, names.Where(n => n.EndsWith("models/tips-tiny14/manifest.json", StringComparison.Ordinal)));
            Assert.HasCount(
                Directory.GetFiles(TestModels.PictureFolder, "*.png", SearchOption.AllDirectories).Length,
                names.Where(n => n.EndsWith(".png", StringComparison.Ordinal) && n.Contains("/pictures/", StringComparison.Ordinal)));
            Assert.IsFalse(names.Any(n => n.Contains("Tips.OnnxExport", StringComparison.Ordinal)), "that is a tool of its own");
        }

        if (!TryInstall("Tips.MLNet.Tool", folder)) return;
        string tips = folder["tools/tips"], empty = Directory.CreateDirectory(folder["empty"]).FullName;
        var first = CommandRun.StartIn(empty, tips);
        Assert.AreEqual(0, first.ExitCode, first.Output);
        Assert.Contains("Accuracy 77.5 % (62 of 80)", first.Output);
        var run = CommandRun.StartIn(empty, tips, "predict", "--pipeline", "pipeline.zip", "--output", "predictions.csv");
        Assert.AreEqual(0, run.ExitCode, run.Output);
        Assert.HasCount(287, File.ReadAllLines(Path.Combine(empty, "predictions.csv")));
        Assert.Contains("tips predict [options]", CommandRun.StartIn(empty, tips, "predict", "--help").Output);
        RunPrinted(first.Output, empty, folder);
    }

    // The program that is printed at the end runs as it is, with the library as a package.
    private static void RunPrinted(string report, string place, TemporaryFolder folder)
    {
        Pack("Tips.MLNet/Tips.MLNet.csproj", folder);
        string known = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        // In a folder of its own, so that this build does not stay behind as the package that others get.
        File.WriteAllText(Path.Combine(place, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{folder["global"]}" /></config>
              <fallbackPackageFolders><add key="known" value="{known}" /></fallbackPackageFolders>
              <packageSources><add key="packed" value="{folder["packages"]}" /></packageSources>
            </configuration>
            """);
        const string firstLine = "#:package", lastLine = "class Result";
        string[] lines = [.. report.Split('\n', StringSplitOptions.TrimEntries)
            .SkipWhile(line => !line.StartsWith(firstLine, StringComparison.Ordinal))];
        int last = Array.FindIndex(lines, line => line.StartsWith(lastLine, StringComparison.Ordinal));
        File.WriteAllLines(Path.Combine(place, "app.cs"), lines[..(last + 1)]);
        string picture = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen"), "airplane-arrival.*").Single();
        var run = CommandRun.StartIn(place, "dotnet", "run", "app.cs", picture);
        Assert.AreEqual((0, "airplane arrival: 57.2 %"), (run.ExitCode, run.Output.Trim()), run.Output);
    }

    private static void PackTool(string project, string id, int largest, TemporaryFolder folder)
    {
        Pack(project, folder);
        foreach (string system in Systems)
        {
            string path = Directory.GetFiles(folder["packages"], $"{id}.{system}.*.nupkg").Single();
            Assert.IsLessThan(largest, new FileInfo(path).Length, path);
            using var package = ZipFile.OpenRead(path);
            AssertDocuments(package);
            string[] names = [.. package.Entries.Select(e => e.Name)];
            string[] native = [.. names.Where(IsNativeLibrary).Order(StringComparer.Ordinal)];
            CollectionAssert.AreEqual(NativeLibraries(system), native, system);
            string[] unwanted = [.. names.Where(n => Path.GetExtension(n) is ".pdb" or ".dbg" or ".dwarf" or ".lib" or ".a")];
            Assert.IsEmpty(unwanted, string.Join(", ", unwanted));
            Assert.IsFalse(names.Any(n => n.EndsWith(".resources.dll", StringComparison.Ordinal)));
        }
    }

    // False if there is no package for this system.
    private static bool TryInstall(string id, TemporaryFolder folder)
    {
        if (!Systems.Contains(RuntimeInformation.RuntimeIdentifier)) return false;
        string sources = $"<packageSources><clear /><add key=\"packed\" value=\"{folder["packages"]}\" /></packageSources>";
        File.WriteAllText(folder["nuget.config"], $"<configuration>{sources}</configuration>");
        var install = CommandRun.Start(
            "dotnet", "tool", "install", id, "--tool-path", folder["tools"], "--configfile", folder["nuget.config"]);
        Assert.AreEqual(0, install.ExitCode, install.Output);
        return true;
    }

    private static void Pack(string project, TemporaryFolder folder) => CommandRun.Build(
        "pack", Path.Combine(CommandRun.RepositoryFolder, project), "--output", folder["packages"], "--artifacts-path", folder["artifacts"],
        "-p:RunAnalyzers=false", "-p:CheckLineLength=false");

    private static void AssertDocuments(ZipArchive package)
    {
        foreach (string name in (string[])["PACKAGE.md", "NOTICE", "icon.png"])
            Assert.IsGreaterThan(100, package.GetEntry(name)?.Length ?? 0, name);
    }

    private static XDocument ReadSpecification(ZipArchive package)
    {
        using var stream = package.Entries.Single(e => e.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream);
    }

    private static bool IsNativeLibrary(string name)
        => name.Contains("onnxruntime", StringComparison.Ordinal) || name.StartsWith("libSkiaSharp", StringComparison.Ordinal);

    private static string[] NativeLibraries(string system) => system.Split('-')[0] switch
    {
        "linux" => ["libSkiaSharp.so", "libonnxruntime.so", "libonnxruntime_providers_shared.so"],
        "osx" => ["libSkiaSharp.dylib", "libonnxruntime.dylib"],
        _ => ["libSkiaSharp.dll", "onnxruntime.dll", "onnxruntime_providers_shared.dll"],
    };
}
