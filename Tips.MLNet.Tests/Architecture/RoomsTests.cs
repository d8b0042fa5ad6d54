using System.Reflection;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Tests.Architecture;

/// <summary>
/// Checks the code against docs/architecture.md: which rooms there are and which may use which. A new room, or a new dependency,
/// is decided there first.
/// </summary>
[TestClass]
public class RoomsTests
{
    private const string LibraryHeading = "## Rooms of the library `Tips.MLNet`", ToolHeading = "## Rooms of the tool `onnx-export`";

    private static readonly Assembly LibraryAssembly = typeof(TipsModel).Assembly, ToolAssembly = typeof(ModelExporter).Assembly;

    private static readonly Lazy<Rooms> Library = new(() => new Rooms(LibraryAssembly, "Tips.MLNet"));
    private static readonly Lazy<Rooms> Tool = new(() => new Rooms(ToolAssembly, "onnx-export"));

    private static readonly string[] Pipelines =
    [
        "Microsoft.ML.MLContext", "Microsoft.ML.IDataView", "Microsoft.ML.ITransformer", "Microsoft.ML.DataViewSchema",
        "Microsoft.ML.DataViewRow", "Microsoft.ML.Data.VBuffer`1", "Microsoft.ML.Runtime", "Microsoft.ML.Transforms",
        "Microsoft.ML.Trainers",
    ];

    private static readonly string[] Network = ["System.Net.Http", "System.Net.Sockets"];

    [TestMethod]
    [DataRow(LibraryHeading)]
    [DataRow(ToolHeading)]
    public void The_folders_and_the_document_name_the_same_rooms(string heading)
    {
        string[] documented = [.. ArchitectureDocument.ReadRooms(heading).Select(r => r.Room).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(documented, RoomsOf(heading).Names);
        Assert.IsEmpty(RoomsOf(heading).TypesWithoutRoom, string.Join(", ", RoomsOf(heading).TypesWithoutRoom));
    }

    [TestMethod]
    [DataRow(LibraryHeading)]
    [DataRow(ToolHeading)]
    public void Every_room_uses_only_those_that_its_row_names(string heading)
    {
        var rules = ArchitectureDocument.ReadRooms(heading).ToDictionary(r => r.Room, r => r.Knows);
        string[] broken = Broken(RoomsOf(heading), rules);
        Assert.IsEmpty(broken, string.Join("\n", broken));
    }

    /// <summary>A row that names more than is used documents a dependency that does not exist.</summary>
    [TestMethod]
    [DataRow(LibraryHeading)]
    [DataRow(ToolHeading)]
    public void Every_dependency_in_the_document_exists(string heading)
    {
        var uses = RoomsOf(heading).Uses().Select(u => $"{u.From} → {u.To}").ToHashSet();
        var documented = ArchitectureDocument.ReadRooms(heading).SelectMany(r => r.Knows.Select(k => $"{r.Room} → {k}"));
        string[] unused = [.. documented.Where(dependency => !uses.Contains(dependency))];
        Assert.IsEmpty(unused, string.Join(", ", unused));
    }

    [TestMethod]
    [DataRow(LibraryHeading)]
    [DataRow(ToolHeading)]
    public void No_rooms_depend_on_each_other_in_a_cycle(string heading)
        => Assert.IsEmpty(RoomsOf(heading).Cycle(), string.Join(", ", RoomsOf(heading).Cycle()));

    /// <summary>The rules can fail: with the row of one room emptied, what that room really uses is a violation.</summary>
    [TestMethod]
    public void A_broken_rule_is_noticed()
    {
        var rules = ArchitectureDocument.ReadRooms(LibraryHeading).ToDictionary(r => r.Room, r => r.Room == "Transforms" ? [] : r.Knows);
        string[] broken = Broken(Library.Value, rules);
        Assert.IsTrue(
            broken.Any(b => b.StartsWith("Transforms must not use Encoders: ", StringComparison.Ordinal)),
            string.Join("\n", broken));
        Assert.IsNotEmpty(Library.Value.UsersOf("Transforms", "Microsoft.ML.IDataView"));
        Assert.IsNotEmpty(Tool.Value.UsersOf("Downloads", Network));
    }

    [TestMethod]
    public void Search_Text_Evaluation_and_Quality_know_only_vectors_and_texts()
    {
        foreach (string room in (string[])["Search", "Evaluation", "Quality"])
            AssertDoesNotUse(Library.Value, room, ["Microsoft.ML", "Google.Protobuf"]);
        AssertDoesNotUse(Library.Value, "Text", ["Microsoft.ML.OnnxRuntime", "Microsoft.ML.Data", "SkiaSharp", .. Pipelines]);
    }

    [TestMethod]
    public void Only_Pipelines_Transforms_and_Trainers_know_ML_NETs_pipelines()
    {
        foreach (string room in (string[])["Images", "Text", "Folders", "Search", "Models", "Encoders", "Evaluation", "Quality"])
            AssertDoesNotUse(Library.Value, room, Pipelines);
    }

    [TestMethod]
    public void Only_Models_knows_ONNX_Runtime()
    {
        foreach (string room in Library.Value.Names.Where(n => n != "Models"))
            AssertDoesNotUse(Library.Value, room, ["Microsoft.ML.OnnxRuntime"]);
        Assert.IsNotEmpty(Library.Value.UsersOf("Models", "Microsoft.ML.OnnxRuntime"));
    }

    /// <summary>One folder names internal types of ML.NET; MLNetInternals.targets lists them.</summary>
    [TestMethod]
    public void Only_Interop_names_internals_of_ML_NET()
    {
        string[] internals =
        [
            "Microsoft.ML.LoadableClassAttributeBase", "Microsoft.ML.SignatureLoadModel", "Microsoft.ML.ModelLoadContext",
            "Microsoft.ML.ModelSaveContext", "Microsoft.ML.VersionInfo", "Microsoft.ML.RepositoryReader",
            "Microsoft.ML.RepositoryWriter", "Microsoft.ML.Data.IInternalCatalog", "Microsoft.ML.Data.CatalogUtils",
            "Microsoft.ML.Runtime.IHostEnvironmentInternal", "Microsoft.ML.ISingleFeaturePredictionTransformer",
        ];
        string[] users = [.. Library.Value.Names.SelectMany(room => Library.Value.UsersOf(room, internals))];
        Assert.IsNotEmpty(users);
        Assert.IsEmpty(
            users.Where(u => !u.StartsWith("Tips.MLNet.Pipelines.Interop.", StringComparison.Ordinal)),
            string.Join("\n", users));
    }

    [TestMethod]
    public void In_the_tool_only_the_last_rooms_use_the_library()
    {
        string[] users = ["Graphs", "Export", "Verification", "Commands"];
        foreach (string room in Tool.Value.Names.Except(users)) AssertDoesNotUse(Tool.Value, room, ["Tips.MLNet"]);
        foreach (string room in users) Assert.IsNotEmpty(Tool.Value.UsersOf(room, "Tips.MLNet"), room);
    }

    /// <summary>Only the verbs that download can reach a network.</summary>
    [TestMethod]
    public void Only_Downloads_knows_HTTP()
    {
        foreach (string room in Tool.Value.Names.Where(n => n != "Downloads")) AssertDoesNotUse(Tool.Value, room, Network);
        string[] network = [.. ReferencesOfLibrary().Where(n => n.StartsWith("System.Net", StringComparison.Ordinal))];
        Assert.IsEmpty(network, string.Join(", ", network));
    }

    /// <summary>The program decides what it needs at run time; the library brings only the managed ONNX Runtime.</summary>
    [TestMethod]
    public void The_library_refers_to_no_native_or_test_package()
    {
        string[] allowed =
        [
            "Google.Protobuf", "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.DataView", "Microsoft.ML.ImageAnalytics",
            "Microsoft.ML.OnnxRuntime", "Microsoft.ML.Tokenizers", "SkiaSharp",
        ];
        string[] others =
        [
            .. ReferencesOfLibrary().Where(n => !allowed.Contains(n) && !n.StartsWith("System.", StringComparison.Ordinal)),
        ];
        Assert.IsEmpty(others, string.Join(", ", others));
    }

    private static IEnumerable<string> ReferencesOfLibrary() => LibraryAssembly.GetReferencedAssemblies().Select(a => a.Name!);

    private static Rooms RoomsOf(string heading) => heading == LibraryHeading ? Library.Value : Tool.Value;

    private static string[] Broken(Rooms rooms, Dictionary<string, string[]> rules)
        => [.. rooms.Uses().Where(u => !rules[u.From].Contains(u.To)).Select(u => $"{u.From} must not use {u.To}: {u.Use}")];

    private static void AssertDoesNotUse(Rooms rooms, string room, string[] of)
    {
        string[] users = rooms.UsersOf(room, of);
        Assert.IsEmpty(users, $"{room} must not use this:\n{string.Join("\n", users)}");
    }
}
