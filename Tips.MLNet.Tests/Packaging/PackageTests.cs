using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Packaging;

[TestClass]
[TestCategory("Slow")]
public class PackageTests
{
    private const int LargestToolPackage = 35_000_000;

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
    public void The_tool_has_a_small_package_for_each_system_and_can_be_installed_from_a_folder()
    {
        using var folder = new TemporaryFolder();
        Pack("onnx-export/onnx-export.csproj", folder);
        foreach (string system in Systems)
        {
            string path = Directory.GetFiles(folder["packages"], $"Tips.OnnxExport.{system}.*.nupkg").Single();
            Assert.IsLessThan(LargestToolPackage, new FileInfo(path).Length, path);
            using var package = ZipFile.OpenRead(path);
            AssertDocuments(package);
            string[] names = [.. package.Entries.Select(e => e.Name)];
            string[] native = [.. names.Where(IsNativeLibrary).Order(StringComparer.Ordinal)];
            CollectionAssert.AreEqual(NativeLibraries(system), native, system);
            string[] unwanted = [.. names.Where(n => Path.GetExtension(n) is ".pdb" or ".dbg" or ".dwarf" or ".lib" or ".a")];
            Assert.IsEmpty(unwanted, string.Join(", ", unwanted));
            Assert.IsFalse(names.Any(n => n.EndsWith(".resources.dll", StringComparison.Ordinal)));
        }

        if (!Systems.Contains(RuntimeInformation.RuntimeIdentifier)) return;
        string sources = $"<packageSources><clear /><add key=\"packed\" value=\"{folder["packages"]}\" /></packageSources>";
        File.WriteAllText(folder["nuget.config"], $"<configuration>{sources}</configuration>");
        var install = CommandRun.Start(
            "dotnet", "tool", "install", "Tips.OnnxExport", "--tool-path", folder["tools"], "--configfile", folder["nuget.config"]);
        Assert.AreEqual(0, install.ExitCode, install.Output);
        var run = CommandRun.Start(folder["tools/tips-onnx-export"], "verify", TestModels.TinyFolder);
        Assert.AreEqual(0, run.ExitCode, run.Output);
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
