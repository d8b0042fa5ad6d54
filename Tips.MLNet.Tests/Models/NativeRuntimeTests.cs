using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Models;

[TestClass]
public class NativeRuntimeTests
{
    /// <summary>An application that forgot the package with the native library: everything managed is there, and Skia.</summary>
    [TestMethod]
    public void A_missing_native_runtime_is_said_to_be_missing()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll")) Copy(file);
        File.Copy(ChildProcess.PathOf("FreshProcess.runtimeconfig.json"), folder["FreshProcess.runtimeconfig.json"]);
        string zip = folder["pipeline.zip"], picture = Directory.GetFiles(
            TestModels.PictureFolder, "*.png", SearchOption.AllDirectories).First();
        Directory.CreateDirectory(folder["pictures"]);
        File.Copy(picture, folder["pictures/one.png"]);
        SavePipeline(zip, picture);
        foreach (ProcessModule module in Process.GetCurrentProcess().Modules)
        {
            if (module.ModuleName.Contains("libSkiaSharp", StringComparison.OrdinalIgnoreCase)) Copy(module.FileName);
        }

        using var process = new ChildProcess(folder["FreshProcess.dll"], zip, folder["pictures"]);
        var (code, _, error) = process.WaitForExit();
        Assert.AreNotEqual(0, code);
        Assert.Contains(
            "The native ONNX Runtime library was not found. Tips.MLNet leaves its choice to the application: reference the package "
            + "Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA).",
            error);

        void Copy(string file)
        {
            if (!File.Exists(folder[Path.GetFileName(file)])) File.Copy(file, folder[Path.GetFileName(file)]);
        }
    }

    /// <summary>The official builds keep a device identifier and unsent reports in the user's cache.</summary>
    [TestMethod]
    public void The_runtime_reports_nothing()
    {
        using var folder = new TemporaryFolder();
        string zip = folder["pipeline.zip"], home = folder["home"], picture = Directory.GetFiles(
            TestModels.PictureFolder, "*.png", SearchOption.AllDirectories).First();
        Directory.CreateDirectory(folder["pictures"]);
        Directory.CreateDirectory(home);
        File.Copy(picture, folder["pictures/one.png"]);
        SavePipeline(zip, picture);
        using var process = new ChildProcess(ChildProcess.PathOf("FreshProcess.dll"), [zip, folder["pictures"]], environment =>
        {
            environment.Remove("ORT_DISABLE_TELEMETRY");
            foreach (string name in (string[])["CI", "TF_BUILD", "GITHUB_ACTIONS"])
                environment.Remove(name); // the runtime is quiet in those anyway
            environment["HOME"] = home;
            environment["XDG_CACHE_HOME"] = Path.Combine(home, ".cache");
            environment["DOTNET_CLI_HOME"] = folder.Path;
        });
        var (code, _, error) = process.WaitForExit();
        Assert.AreEqual(0, code, error);
        Assert.IsEmpty(Directory.GetFileSystemEntries(home, "*", SearchOption.AllDirectories));
    }

    private static void SavePipeline(string zip, string picture)
    {
        var mlContext = new MLContext();
        using var model = TestModels.LoadTiny();
        var rows = mlContext.Data.LoadFromEnumerable([new Row { Path = picture, Label = 1 }, new Row { Path = picture, Label = 2 }]);
        var pipeline = mlContext.Transforms.LoadImages("Image", "", "Path")
            .Append(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model))
            .Append(mlContext.MulticlassClassification.Trainers.KNearestNeighbors("Label", "Embedding", 1));
        mlContext.Model.Save(pipeline.Fit(rows), rows.Schema, zip);
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        [KeyType(count: 2)]
        public uint Label { get; set; }
    }
}
