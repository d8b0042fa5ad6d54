namespace Tips.MLNet.Tests.Folders;

[TestClass]
public sealed class ClassFoldersTests : IDisposable
{
    private readonly PictureTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [TestMethod]
    public void Labels_are_the_names_of_the_folders()
    {
        _tree.Write("b/2.png", "b/1.png", "a_a/deep/er/x.png", "Ä/x.png", ".git/y.png", "labels.tsv");
        var images = ImageFolder.ReadClasses(_tree.Path);
        CollectionAssert.AreEqual((string[])["a_a/deep/er/x.png", "b/1.png", "b/2.png", "Ä/x.png"], _tree.Names(images));
        CollectionAssert.AreEqual((string[])["a_a", "b", "b", "Ä"], images.Images.Select(image => image.Label).ToArray());
        CollectionAssert.AreEqual((string[])["a_a", "b", "Ä"], images.Classes.ToArray());
        Assert.IsEmpty(images.Skipped);
        Assert.IsEmpty(images.EmptyClasses);
    }

    [TestMethod]
    public void Empty_classes_and_loose_pictures_are_told()
    {
        _tree.Write("a/x.png", "loose.png");
        _tree.Write("b/scan", PictureTree.Tiff);
        _tree.Write("loose.tif", PictureTree.Tiff);
        Directory.CreateDirectory(_tree["c"]);
        var images = ImageFolder.ReadClasses(_tree.Path);
        CollectionAssert.AreEqual((string[])["a"], images.Classes.ToArray());
        CollectionAssert.AreEqual((string[])["b", "c"], images.EmptyClasses.ToArray());
        CollectionAssert.AreEqual(
            (string[])["b/scan: TIFF", "loose.png: picture outside of class folders", "loose.tif: TIFF"], _tree.Skipped(images));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Class_folders_may_be_links()
    {
        using var other = new PictureTree();
        other.Write("n1/x.png", "n2/y.png");
        _tree.Write("c/z.png");
        _tree.Shell($"ln -s '{other.Path}/n1' a; ln -s '{other.Path}/n2' b; ln -s .. c/up; ln -s '{other.Path}/n3' d; ln -s a e");
        var images = ImageFolder.ReadClasses(_tree.Path);
        CollectionAssert.AreEqual((string[])["a/x.png", "b/y.png", "c/z.png", "e/x.png"], _tree.Names(images));
        CollectionAssert.AreEqual((string[])["a", "b", "c", "e"], images.Classes.ToArray());
        CollectionAssert.AreEqual((string[])["d: dangling link"], _tree.Skipped(images));
    }

    [TestMethod]
    public void Too_few_classes_are_an_error()
    {
        _tree.Write("a/x.png", "y.png");
        Assert.AreEqual(
            $"Folder '{_tree.Path}' has 1 subfolder, expected one for each of at least 2 classes; passed over: "
            + "1 picture outside of class folders.",
            Message(() => ImageFolder.ReadClasses(_tree.Path)));
        Assert.AreEqual(
            $"Folder '{_tree["a"]}' has 0 subfolders, expected one for each of at least 2 classes; passed over: "
            + "1 picture outside of class folders.",
            Message(() => ImageFolder.ReadClasses(_tree["a"])));
        _tree.Write("none/a/notes.txt", "none/b/notes.txt");
        Assert.AreEqual(
            $"Folder '{_tree["none"]}' has no pictures that can be read.", Message(() => ImageFolder.ReadClasses(_tree["none"])));
        Assert.AreEqual(
            $"There is no folder '{_tree["nothing"]}'.",
            Assert.ThrowsExactly<DirectoryNotFoundException>(() => ImageFolder.ReadClasses(_tree["nothing"])).Message);
    }

    [TestMethod]
    public void Names_of_codes_come_from_a_file()
    {
        _tree.Write("train/n01440764/x.png", "train/n02012849/x.png", "train/n03126707/x.png", "train/n5/x.png", "train/n6/x.png");
        _tree.WriteText(
            "names.txt",
            "# ImageNet\nn01440764 tench, Tinca tinca\r\n\nn02012849\tcrane\nn03126707 crane\nn5,red apple\n"
            + " n6 \t green, sour apple \nn7 more\n");
        var images = ImageFolder.ReadClasses(_tree["train"], new ImageFolderOptions { NamesFile = _tree["names.txt"] });
        CollectionAssert.AreEqual(
            (string[])["tench, Tinca tinca", "crane (n02012849)", "crane (n03126707)", "red apple", "green, sour apple"],
            images.Images.Select(image => image.Label).ToArray());
        CollectionAssert.AreEqual(
            (string[])["crane (n02012849)", "crane (n03126707)", "green, sour apple", "red apple", "tench, Tinca tinca"],
            images.Classes.ToArray());
    }

    [TestMethod]
    [DataRow("n1 a\n", "Folder '{0}' has class folder 'n2', which '{1}' has no name for; expected a line 'n2 NAME' there.")]
    [DataRow("n1 a\n\nn1 b\nn2 c\n", "'{1}', line 3 has the code 'n1' again, after line 1.")]
    [DataRow("n1\n", "'{1}', line 1 is 'n1', expected a code, a tab, space or comma, and a name.")]
    [DataRow("n1 a\n,b\n", "'{1}', line 2 is ',b', expected a code, a tab, space or comma, and a name.")]
    public void Errors_in_the_file_of_names_are_told(string content, string expected)
    {
        _tree.Write("train/n1/x.png", "train/n2/x.png");
        _tree.WriteText("names.txt", content);
        string file = _tree["names.txt"];
        string message = Message(() => ImageFolder.ReadClasses(_tree["train"], new ImageFolderOptions { NamesFile = file }));
        Assert.AreEqual(string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, _tree["train"], file), message);
    }

    [TestMethod]
    public void A_file_of_names_that_cannot_be_read_is_told()
    {
        _tree.Write("train/n1/x.png", "train/n2/x.png");
        var options = new ImageFolderOptions { NamesFile = _tree["names.txt"] };
        Assert.AreEqual(
            $"There is no file '{options.NamesFile}'.",
            Assert.ThrowsExactly<FileNotFoundException>(() => ImageFolder.ReadClasses(_tree["train"], options)).Message);
        _tree.Write("names.txt", [.. "n1 a\nn2 "u8, 0xE4, (byte)'\n']);
        Assert.AreEqual(
            $"'{options.NamesFile}', line 2 has bytes that are not UTF-8, expected UTF-8, or UTF-16 with a byte order mark.",
            Message(() => ImageFolder.ReadClasses(_tree["train"], options)));
    }

    private static string Message(Action action) => Assert.ThrowsExactly<InvalidDataException>(action).Message;
}
