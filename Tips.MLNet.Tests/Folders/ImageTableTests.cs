using System.Text;

namespace Tips.MLNet.Tests.Folders;

[TestClass]
public sealed class ImageTableTests : IDisposable
{
    private readonly PictureTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [TestMethod]
    [DataRow("t.csv", "path,label,text\na.png,cat,a cat\nb/c.png,7,\n")]
    [DataRow("t.csv", "Label;FILE_NAME;Caption\r\ncat;a.png;a cat\r\n7;b/c.png;")]
    [DataRow("t.txt", "img\tother\tCLASS\tsentence\na.png\tx\tcat\ta cat\n\n\nb/c.png\ty\t7\t\n\n")]
    [DataRow("t.tsv", "\uFEFF image \ttarget \t title\ra.png\tcat\ta cat\rb/c.png\t7\t\r")]
    [DataRow("t.TAB", "\"path\"\t\"label\"\t\"text\"\n\"a.png\"\t\"cat\"\t\"a cat\"\n\"b/c.png\"\t\"7\"\t\"\"\n")]
    [DataRow("t.data", "path,category,description,\na.png,cat,a cat,\nb/c.png,7,,,\n")]
    [DataRow("t.csv", "\"a;b\",path,label,text\nx,a.png,cat,a cat\ny,b/c.png,7,\n")]
    [DataRow("t.jsonl", """
        {"path": "a.png", "label": "cat", "text": "a cat", "boxes": [1, 2]}

        {"label": 7, "text": null, "boxes": {}, "path": "b/c.png"}
        """)]
    [DataRow("t.ndjson", "\uFEFF{\"File_Name\":\"a.png\",\"class_name\":\"cat\",\"Text\":\"a cat\"}\r\n"
        + "{\"File_Name\":\"b/c.png\",\"class_name\":7,\"Text\":\"\"}")]
    public void Columns_are_found_by_their_names(string name, string content)
    {
        _tree.WriteText(name, content);
        ImageFile[] expected = [new(_tree["a.png"], "cat", "a cat"), new(_tree["b/c.png"], "7", "")];
        var images = ImageFolder.ReadTable(_tree[name]);
        CollectionAssert.AreEqual(expected, images.Images.ToArray());
        CollectionAssert.AreEqual((string[])["7", "cat"], images.Classes.ToArray());
        Assert.IsEmpty(images.Skipped);
        Assert.IsEmpty(images.EmptyClasses);
    }

    [TestMethod]
    public void Quotes_are_those_of_RFC_4180_and_spaces_are_kept()
    {
        _tree.WriteText("t.csv", "path,text\na.png, a \"cat\" \nb.png,\"two\n\nlines, \"\"quoted\"\" \"\nc.png,\"\"\n\"d,e.png\", \"x\"\n");
        CollectionAssert.AreEqual(
            (string[])[" a \"cat\" ", "two\n\nlines, \"quoted\" ", "", " \"x\""],
            ImageFolder.ReadTable(_tree["t.csv"]).Images.Select(image => image.Text).ToArray());
        Assert.AreEqual(_tree["d,e.png"], ImageFolder.ReadTable(_tree["t.csv"]).Images[3].Path);
    }

    [TestMethod]
    public void The_order_is_that_of_the_table_and_paths_may_be_absolute_and_missing()
    {
        _tree.WriteText("lists/t.csv", $"path,label\nz.png,1\n../a.png,2\n{_tree["abs.png"]},1\nz.png,3\n");
        var images = ImageFolder.ReadTable(_tree["lists/t.csv"]);
        CollectionAssert.AreEqual((string[])["lists/z.png", "a.png", "abs.png", "lists/z.png"], _tree.Names(images));
        CollectionAssert.AreEqual((string[])["1", "2", "3"], images.Classes.ToArray());

        _tree.Write("pictures/z.png");
        images = ImageFolder.ReadTable(_tree["lists/t.csv"], new ImageFolderOptions { ImageFolder = _tree["pictures"] });
        CollectionAssert.AreEqual((string[])["pictures/z.png", "a.png", "abs.png", "pictures/z.png"], _tree.Names(images));
        var wrong = new ImageFolderOptions { ImageFolder = _tree["none"] };
        Assert.AreEqual(
            $"There is no folder '{_tree["none"]}'.",
            Assert.ThrowsExactly<DirectoryNotFoundException>(() => ImageFolder.ReadTable(_tree["lists/t.csv"], wrong)).Message);
    }

    [TestMethod]
    [DataRow("a.png,cat\nmissing.png,dog\n", "cat,dog")]
    [DataRow("a.png;image\nmissing.png;dog, big\n", "image,dog, big")]
    [DataRow("\na.png\tcat\tx\nmissing.png\tdog\ty\n", "cat,dog")]
    [DataRow("a.png\nmissing.png", ",")]
    public void Without_a_header_the_first_cell_is_a_file(string content, string labels)
    {
        _tree.Write("a.png");
        _tree.WriteText("t.csv", content);
        var images = ImageFolder.ReadTable(_tree["t.csv"]);
        CollectionAssert.AreEqual((string[])["a.png", "missing.png"], _tree.Names(images));
        Assert.AreEqual(labels, string.Join(",", images.Images.Select(image => image.Label)));
    }

    [TestMethod]
    public void Options_name_columns()
    {
        _tree.WriteText("t.csv", "path,where,label,kind,say\nx,a.png,y,cat,meow\n");
        var options = new ImageFolderOptions { PathColumn = "where", LabelColumn = "KIND", TextColumn = "say" };
        Assert.AreEqual(new ImageFile(_tree["a.png"], "cat", "meow"), ImageFolder.ReadTable(_tree["t.csv"], options).Images.Single());
        ImageFolderOptions[] missing = [new() { PathColumn = "no" }, new() { LabelColumn = "no" }, new() { TextColumn = "no" }];
        foreach (var wrong in missing)
        {
            Assert.AreEqual(
                $"'{_tree["t.csv"]}', line 1 has no column 'no'; its columns are 'path', 'where', 'label', 'kind', 'say'.",
                Message("t.csv", wrong));
        }
    }

    /// <summary>Two names that differ by case only: the one that is written the same way wins.</summary>
    [TestMethod]
    public void A_column_in_the_right_case_comes_first()
    {
        _tree.WriteText("t.csv", "path,Label,label\na.png,x,y\n");
        Assert.AreEqual("y", ImageFolder.ReadTable(_tree["t.csv"], new ImageFolderOptions { LabelColumn = "label" }).Images[0].Label);
        Assert.AreEqual("x", ImageFolder.ReadTable(_tree["t.csv"], new ImageFolderOptions { LabelColumn = "Label" }).Images[0].Label);
    }

    [TestMethod]
    public void Of_several_known_names_the_first_in_the_list_counts()
    {
        _tree.WriteText("t.csv", "image,title,class,caption,path,label\n1,2,3,4,5,6\n");
        Assert.AreEqual(new ImageFile(_tree["5"], "6", "4"), ImageFolder.ReadTable(_tree["t.csv"]).Images.Single());
    }

    [TestMethod]
    public void UTF_16_is_read_by_its_mark()
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            File.WriteAllText(_tree["t.csv"], "path,label\nä.png,Bär\n", encoding);
            Assert.AreEqual(new ImageFile(_tree["ä.png"], "Bär"), ImageFolder.ReadTable(_tree["t.csv"]).Images.Single());
        }
    }

    [TestMethod]
    public void Labels_of_a_table_get_names_too()
    {
        _tree.WriteText("names.txt", "0 cat\n1 dog, hound\n");
        _tree.WriteText("t.csv", "path,label\na.png,1\nb.png,0\nc.png,\n");
        var options = new ImageFolderOptions { NamesFile = _tree["names.txt"] };
        var images = ImageFolder.ReadTable(_tree["t.csv"], options);
        CollectionAssert.AreEqual((string[])["dog, hound", "cat", ""], images.Images.Select(image => image.Label).ToArray());
        CollectionAssert.AreEqual((string[])["cat", "dog, hound"], images.Classes.ToArray());
        _tree.WriteText("t.csv", "path,label\na.png,1\nb.png,2\n");
        Assert.AreEqual(
            $"'{_tree["t.csv"]}', line 3 has label '2', which '{_tree["names.txt"]}' has no name for; expected a line '2 NAME' there.",
            Message("t.csv", options));
    }

    [TestMethod]
    [DataRow("t.csv", "path,label\na.png\n", "line 2 has 1 cell, expected 2.")]
    [DataRow("t.csv", "path,text\na.png,\"x\n\ny\"\na.png,a cat, sitting\n",
        "line 5 has 3 cells, expected 2; a cell with the delimiter in it must be in quotes.")]
    [DataRow("t.csv", "path,label\na.png,x\n\n ,y\n", "line 4 has no path in column 'path'.")]
    [DataRow("t.tsv", "label\tpath\nx\t\n", "line 2 has no path in column 'path'.")]
    [DataRow("t.csv", "path,text\na.png,\"x\"y\n", "line 2, column 10 has 'y' after a cell in quotes, expected a comma or a line break.")]
    [DataRow("t.tsv", "path\ttext\n\n\"a\nb\"\t\"x\ny\n", "line 4, column 4 has a quote that does not end.")]
    [DataRow("t.csv", "name,kind\na.png,x\n", "line 1 has no column of paths; its columns are 'name', 'kind', expected one of path, file, "
        + "file_name, filename, filepath, file_path, image, image_path, img, or its name as PathColumn.")]
    [DataRow("t.csv", "path|label\na.png|x\n", "line 1 has no column of paths; its columns are 'path|label', expected one of path, file, "
        + "file_name, filename, filepath, file_path, image, image_path, img, or its name as PathColumn.")]
    [DataRow("t.csv", "path,kind\na.png,x\n", "line 1 has no column of labels or texts; its columns are 'path', 'kind', expected one of "
        + "label, class, category, target, class_name, text, caption, description, title, sentence, or its name as LabelColumn.")]
    [DataRow("t.jsonl", "{\"path\":\"a.png\",\"label\":1}\n{\"path\":\"a.png\"}\n", "line 2 has no text and no number for 'label'.")]
    [DataRow("t.jsonl", "{\"path\":[\"a.png\"],\"label\":1}\n", "line 1 has no text and no number for 'path'.")]
    [DataRow("t.jsonl", "{\"path\":null,\"label\":1}\n", "line 1 has no path in column 'path'.")]
    [DataRow("t.json", "[\n{\"path\":1}]", "line 1 is not JSON, expected an object in each line: ")]
    [DataRow("t.json", "[1]", "line 1 is JSON of the kind Array, expected an object in each line.")]
    public void Errors_name_the_line(string name, string content, string expected)
    {
        _tree.WriteText(name, content);
        string message = Message(name);
        string start = message.Replace($"'{_tree[name]}', ", "", StringComparison.Ordinal);
        Assert.AreEqual(expected, expected.EndsWith(": ", StringComparison.Ordinal) ? start[..expected.Length] : start);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("\n\n")]
    [DataRow("path,label\n")]
    public void A_table_without_rows_is_an_error(string content)
    {
        foreach (string name in (string[])["t.csv", "t.tsv"])
        {
            _tree.WriteText(name, name == "t.tsv" ? content.Replace(',', '\t') : content);
            Assert.AreEqual($"Table '{_tree[name]}' has no rows, expected one for each picture.", Message(name));
        }
    }

    [TestMethod]
    [DataRow("\n", 3)]
    [DataRow("\r\n", 3)]
    [DataRow("\r", 3)]
    public void Bytes_that_are_not_UTF_8_are_an_error_with_their_line(string lineBreak, int line)
    {
        byte[] start = Encoding.UTF8.GetBytes($"path,label{lineBreak}ä.png,Bär{lineBreak}b.png,B");
        foreach (string name in (string[])["t.csv", "t.tsv"])
        {
            _tree.Write(name, [.. start, 0xE4, .. "r"u8, .. Encoding.UTF8.GetBytes(lineBreak)]);
            Assert.AreEqual(
                $"'{_tree[name]}', line {line} has bytes that are not UTF-8, expected UTF-8, or UTF-16 with a byte order mark.",
                Message(name));
        }
    }

    /// <summary>The decoder reads ahead in blocks; the mark must not make it forgive.</summary>
    [TestMethod]
    public void Bad_bytes_far_behind_a_mark_are_found()
    {
        string rows = string.Concat(Enumerable.Range(2, 20_000).Select(line => $"{line}.png,Bär\n"));
        _tree.Write("t.csv", [.. Encoding.UTF8.GetBytes("\uFEFFpath,label\n" + rows), 0xFF]);
        Assert.Contains("line 20002 has bytes that are not UTF-8", Message("t.csv"));
    }

    [TestMethod]
    [Timeout(60_000)]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_table_must_be_a_file()
    {
        _tree.Shell("mkfifo t.csv");
        Assert.AreEqual($"'{_tree["t.csv"]}' is a pipe, expected a file.", Message("t.csv"));
        Assert.AreEqual(
            $"There is no file '{_tree["u.csv"]}'.",
            Assert.ThrowsExactly<FileNotFoundException>(() => ImageFolder.ReadTable(_tree["u.csv"])).Message);
    }

    private string Message(string name, ImageFolderOptions? options = null)
        => Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.ReadTable(_tree[name], options)).Message;
}
