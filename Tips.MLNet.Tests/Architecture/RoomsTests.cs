using System.Reflection;
using NetArchTest.Rules;
using Tips.MLNet.Models;
using Tips.OnnxExport.Commands;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Tests.Architecture;

/// <summary>Which room may know what. A new room, or a new way between two, is a decision that is made here.</summary>
[TestClass]
public class RoomsTests
{
    private const string Library = "Tips.MLNet", Tool = "Tips.OnnxExport";

    private static readonly Assembly LibraryAssembly = typeof(TipsModel).Assembly, ToolAssembly = typeof(ModelExporter).Assembly;

    private static readonly string[] MLNetPipelines =
        ["Microsoft.ML.MLContext", "Microsoft.ML.IDataView", "Microsoft.ML.ITransformer", "Microsoft.ML.DataViewSchema", "Microsoft.ML.DataViewRow", "Microsoft.ML.Data.VBuffer", "Microsoft.ML.Runtime", "Microsoft.ML.Transforms", "Microsoft.ML.Trainers"];

    [TestMethod]
    public void Every_type_of_the_library_is_in_a_room()
    {
        string[] rooms = ["Models", "Images", "Text", "Transforms", "Trainers", "Retrieval", "Evaluation", "Interop"];
        string[] strays = [.. LibraryAssembly.GetTypes()
            .Where(t => t.Namespace is { } name && name.StartsWith(Library, StringComparison.Ordinal) && !rooms.Any(r => name == $"{Library}.{r}" || name.StartsWith($"{Library}.{r}.", StringComparison.Ordinal)))
            .Where(t => t.DeclaringType is null && !t.Name.StartsWith('<'))
            .Select(t => t.FullName!)];
        CollectionAssert.AreEqual(new[] { "Tips.MLNet.TipsCatalog" }, strays);
    }

    [TestMethod]
    public void Models_know_nothing_of_ML_NET() => AssertIgnorant(LibraryAssembly, $"{Library}.Models", [.. MLNetPipelines, "Microsoft.ML.Data", .. Rooms("Images", "Transforms", "Trainers", "Interop")]);

    [TestMethod]
    public void Images_know_nothing_of_ONNX_or_pipelines()
        => AssertIgnorant(LibraryAssembly, $"{Library}.Images", ["Microsoft.ML.OnnxRuntime", "Google.Protobuf", .. MLNetPipelines, .. Rooms("Models", "Transforms", "Trainers", "Interop")]);

    [TestMethod]
    public void Text_knows_nothing_of_ONNX_or_pipelines()
        => AssertIgnorant(LibraryAssembly, $"{Library}.Text", ["Microsoft.ML.OnnxRuntime", $"{Library}.Models", .. MLNetPipelines, .. Rooms("Images", "Transforms", "Trainers", "Interop")]);

    [TestMethod]
    public void Retrieval_and_Evaluation_know_vectors_only()
    {
        foreach (string room in (string[])["Retrieval", "Evaluation"])
            AssertIgnorant(LibraryAssembly, $"{Library}.{room}", ["Microsoft.ML.OnnxRuntime", .. MLNetPipelines.Where(p => !p.EndsWith("Trainers", StringComparison.Ordinal)), .. Rooms("Models", "Images", "Text", "Transforms", "Interop")]);
    }

    [TestMethod]
    public void Transforms_know_nothing_of_checkpoints_or_protobuf()
        => AssertIgnorant(LibraryAssembly, $"{Library}.Transforms", ["Google.Protobuf", "System.IO.Compression", "Microsoft.ML.OnnxRuntime", $"{Library}.Models.Onnx", Tool, .. Rooms("Trainers")]);

    [TestMethod]
    public void Trainers_do_not_know_where_features_come_from()
        => AssertIgnorant(LibraryAssembly, $"{Library}.Trainers", ["Microsoft.ML.OnnxRuntime", "Microsoft.ML.Data.MLImage", "Google.Protobuf", .. Rooms("Models", "Images"), $"{Library}.Transforms.TipsImageEmbeddingTransformer"]);

    [TestMethod]
    public void Only_Interop_touches_internals_of_ML_NET()
    {
        string[] internals = ["Microsoft.ML.LoadableClassAttribute", "Microsoft.ML.SignatureLoadModel", "Microsoft.ML.ModelLoadContext", "Microsoft.ML.VersionInfo"];
        foreach (string room in (string[])["Models", "Images", "Transforms", "Trainers"]) AssertIgnorant(LibraryAssembly, $"{Library}.{room}", internals);
        AssertKnows(LibraryAssembly, $"{Library}.Interop", internals[2]);
    }

    [TestMethod]
    public void Every_type_of_the_tool_is_in_a_room()
    {
        string[] rooms = ["Files", "Checkpoints", "Towers", "Graphs", "Downloads", "Verification", "Commands"];
        string[] strays = [.. ToolAssembly.GetTypes()
            .Where(t => t.Namespace is { } name && name.StartsWith(Tool, StringComparison.Ordinal) && !rooms.Any(r => name == $"{Tool}.{r}"))
            .Where(t => t.DeclaringType is null && !t.Name.StartsWith('<'))
            .Select(t => t.FullName!)];
        CollectionAssert.AreEqual(new[] { $"{Tool}.ToolInfo" }, strays);
    }

    [TestMethod]
    public void The_tool_goes_one_way_from_checkpoint_to_folder()
    {
        AssertIgnorant(ToolAssembly, $"{Tool}.Files", [Library, .. ToolRooms("Checkpoints", "Towers", "Graphs", "Downloads", "Verification", "Commands")]);
        AssertIgnorant(ToolAssembly, $"{Tool}.Checkpoints", [Library, "System.Net", .. ToolRooms("Towers", "Graphs", "Downloads", "Verification", "Commands")]);
        AssertIgnorant(ToolAssembly, $"{Tool}.Towers", [Library, "System.Net", .. ToolRooms("Graphs", "Downloads", "Verification", "Commands")]);
        AssertIgnorant(ToolAssembly, $"{Tool}.Graphs", ["System.Net", .. ToolRooms("Checkpoints", "Downloads", "Verification", "Commands")]);
        AssertIgnorant(ToolAssembly, $"{Tool}.Downloads", [Library, .. ToolRooms("Checkpoints", "Towers", "Graphs", "Verification", "Commands")]);
        AssertIgnorant(ToolAssembly, $"{Tool}.Verification", ["System.Net", .. ToolRooms("Checkpoints", "Towers", "Graphs", "Downloads", "Commands")]);
        AssertIgnorant(ToolAssembly, "Tips.CommandLine", Tool, Library); // the samples compile it, too
    }

    /// <summary>Only the verbs that download can reach a network.</summary>
    [TestMethod]
    public void Only_Downloads_knows_HTTP()
    {
        AssertKnows(ToolAssembly, $"{Tool}.Downloads", "System.Net.Http");
        AssertIgnorant(ToolAssembly, $"{Tool}.Commands", "System.Net.Http", "System.Net.Sockets");
        string[] network = [.. LibraryAssembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("System.Net", StringComparison.Ordinal))];
        Assert.IsEmpty(network, string.Join(", ", network));
    }

    /// <summary>The rules above can fail.</summary>
    [TestMethod]
    public void Known_ways_are_seen()
    {
        AssertKnows(LibraryAssembly, $"{Library}.Transforms", $"{Library}.Models");
        AssertKnows(LibraryAssembly, $"{Library}.Trainers", $"{Library}.Transforms");
        AssertKnows(ToolAssembly, $"{Tool}.Graphs", $"{Tool}.Towers");
        Assert.ThrowsExactly<AssertFailedException>(() => AssertIgnorant(LibraryAssembly, $"{Library}.Transforms", "Microsoft.ML.IDataView"));
    }

    /// <summary>What a program needs at run time is decided by the program: the library brings the managed ONNX Runtime only.</summary>
    [TestMethod]
    public void The_library_refers_to_no_native_or_test_package()
    {
        string[] allowed = ["Google.Protobuf", "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.DataView", "Microsoft.ML.ImageAnalytics", "Microsoft.ML.OnnxRuntime", "Microsoft.ML.Tokenizers", "System.Numerics.Tensors"];
        string[] others = [.. LibraryAssembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => !allowed.Contains(n) && !n.StartsWith("System.", StringComparison.Ordinal))];
        Assert.IsEmpty(others, string.Join(", ", others));
    }

    private static string[] ToolRooms(params string[] names) => [.. names.Select(n => $"{Tool}.{n}")];

    private static string[] Rooms(params string[] names) => [.. names.Select(n => $"{Library}.{n}")];

    private static void AssertIgnorant(Assembly assembly, string room, params string[] of)
    {
        var types = Types.InAssembly(assembly).That().ResideInNamespace(room);
        Assert.IsNotEmpty(types.GetTypes(), room);
        var result = types.ShouldNot().HaveDependencyOnAny(of).GetResult();
        Assert.IsTrue(result.IsSuccessful, $"{room} must not know {string.Join(", ", of)}; it does in {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    private static void AssertKnows(Assembly assembly, string room, string what)
        => Assert.IsNotEmpty(Types.InAssembly(assembly).That().ResideInNamespace(room).And().HaveDependencyOn(what).GetTypes(), $"{room} knows {what}");
}
