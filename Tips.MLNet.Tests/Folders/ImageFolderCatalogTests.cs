using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Tests.Folders;

[TestClass]
public sealed class ImageFolderCatalogTests : IDisposable
{
    private readonly PictureTree _tree = new();
    private readonly MLContext _mlContext = new();

    public void Dispose() => _tree.Dispose();

    [TestMethod]
    public void Class_folders_become_paths_and_labels()
    {
        _tree.Write("b/1.png", "a/2.png", "a/1.png");
        var view = _mlContext.Data.LoadFromImageFolders(_tree.Path);
        CollectionAssert.AreEqual((string[])["Path", "Label"], Columns(view.Schema));
        Row[] expected = [Row.Of(_tree["a/1.png"], "a"), Row.Of(_tree["a/2.png"], "a"), Row.Of(_tree["b/1.png"], "b")];
        CollectionAssert.AreEqual(expected, Rows<Row>(view));
    }

    [TestMethod]
    public void A_table_becomes_paths_labels_and_texts()
    {
        _tree.WriteText("names.txt", "1 one\n2 two\n");
        _tree.WriteText("t.csv", "file,class\nb.png,2\na.png,1\n");
        var options = new ImageFolderOptions { NamesFile = _tree["names.txt"] };
        var view = _mlContext.Data.LoadFromImageTable(_tree["t.csv"], options);
        CollectionAssert.AreEqual((string[])["Path", "Label", "Text"], Columns(view.Schema));
        var rows = Rows<TextRow>(view);
        CollectionAssert.AreEqual(
            (TextRow[])[TextRow.Of(_tree["b.png"], "two", ""), TextRow.Of(_tree["a.png"], "one", "")], rows);
    }

    [TestMethod]
    public void A_pipeline_over_them_is_saved_with_its_schema()
    {
        _tree.Write("b/1.png", "a/2.png");
        var view = _mlContext.Data.LoadFromImageFolders(_tree.Path);
        var trained = _mlContext.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(view);
        _mlContext.Model.Save(trained, view.Schema, _tree["pipeline.zip"]);

        var fresh = new MLContext();
        var loaded = fresh.Model.Load(_tree["pipeline.zip"], out var schema);
        CollectionAssert.AreEqual((string[])["Path", "Label"], Columns(schema));
        uint[] keys = [.. loaded.Transform(fresh.Data.LoadFromImageFolders(_tree.Path)).GetColumn<uint>("Key")];
        CollectionAssert.AreEqual((uint[])[1, 2], keys);
    }

    [TestMethod]
    public void What_was_passed_over_is_in_the_log()
    {
        _tree.Write("a/1.png");
        _tree.Write("b/1.tif", PictureTree.Tiff);
        List<string> warnings = [];
        _mlContext.Log += (_, e) =>
        {
            if (e.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(e.RawMessage);
        };
        _mlContext.Data.LoadFromImageFolders(_tree.Path);
        CollectionAssert.AreEqual(
            (string[])[$"Folder '{_tree.Path}': passed over: 1 TIFF.", $"Folder '{_tree.Path}': no pictures in the classes b."], warnings);
    }

    private static string[] Columns(DataViewSchema schema)
    {
        Assert.IsTrue(schema.All(column => column.Type is TextDataViewType));
        return [.. schema.Select(column => column.Name)];
    }

    private T[] Rows<T>(IDataView view)
        where T : class, new()
        => [.. _mlContext.Data.CreateEnumerable<T>(view, reuseRowObject: false)];

    private sealed record Row
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";

        public static Row Of(string path, string label) => new() { Path = path, Label = label };
    }

    private sealed record TextRow
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";

        public string Text { get; set; } = "";

        public static TextRow Of(string path, string label, string text) => new() { Path = path, Label = label, Text = text };
    }
}
