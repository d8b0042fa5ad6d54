namespace Tips.MLNet.Tests.Folders;

[TestClass]
public sealed class ImageFolderTests : IDisposable
{
    private readonly PictureTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [TestMethod]
    public void Endings_of_pictures_are_believed_in_any_case()
    {
        string[] names =
        [
            "A.JPG", "b.bmp", "c.cur", "d.dib", "e.gif", "f.ico", "g.jfif", "h.jpe", "i.jpeg", "j.jpg", "k.pjp", "l.pjpeg", "m.PnG",
            "n.webp",
        ];
        _tree.Write(names);
        _tree.Write("notes.txt", "no.ending.md", "png", "x.jpg.part", "empty.dat");
        File.WriteAllBytes(_tree["empty.dat"], []);
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual(names, _tree.Names(images));
        Assert.IsEmpty(images.Skipped);
        Assert.IsEmpty(images.Classes);
        Assert.IsTrue(images.Images.All(image => image.Label.Length == 0 && image.Text.Length == 0));
    }

    [TestMethod]
    public void Other_files_count_by_their_content()
    {
        _tree.Write("photo", PictureTree.Png);
        _tree.Write("photo.jpg_large", PictureTree.Png);
        _tree.Write("cut", PictureTree.Png[..3]);
        _tree.Write("scan.tif", PictureTree.Tiff);
        _tree.Write("scan.tiff", PictureTree.Tiff);
        _tree.WriteText("phone.HEIC", "\0\0\0\u0018ftypheic\0\0\0\0");
        _tree.WriteText("web.avif", "\0\0\0\u0018ftypavif\0\0\0\0");
        _tree.WriteText("a.jp2", "\0\0\0\fjP  \r\n");
        _tree.WriteText("a.jxl", "\0\0\0\fJXL \r\n");
        _tree.WriteText("logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
        _tree.WriteText("layers.psd", "8BPS\0\u0001");
        _tree.WriteText("film.mp4", "\0\0\0\u0018ftypisom\0\0\0\0");
        _tree.WriteText("page.html", "<!doctype html>");
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual((string[])["photo", "photo.jpg_large"], _tree.Names(images));
        CollectionAssert.AreEqual(
            (string[])
            [
                "a.jp2: JPEG 2000", "a.jxl: JPEG XL", "layers.psd: Photoshop", "logo.svg: SVG", "phone.HEIC: HEIC", "scan.tif: TIFF",
                "scan.tiff: TIFF", "web.avif: AVIF",
            ],
            _tree.Skipped(images));
        Assert.AreEqual("its format is JPEG 2000, which is not read", images.Skipped[0].Reason);
    }

    /// <summary>A long head that ends within a character is text, and no picture.</summary>
    [TestMethod]
    public void Only_the_head_of_a_file_is_read()
    {
        _tree.Write("a.png");
        _tree.WriteText("long.txt", new string('ä', 5000));
        _tree.Write("tail", [.. new byte[600], .. PictureTree.Png]);
        CollectionAssert.AreEqual((string[])["a.png"], _tree.Names(ImageFolder.Read(_tree.Path)));
    }

    [TestMethod]
    public void Order_is_ordinal_and_paths_start_as_the_folder_was_given()
    {
        _tree.Write("b/x.png", "b.png", "B/x.png", "a/b/c.png", "a.png", "a-b.png", "é.png", "z.png");
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual(
            (string[])["B/x.png", "a-b.png", "a.png", "a/b/c.png", "b.png", "b/x.png", "z.png", "é.png"], _tree.Names(images));
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _tree.Path);
        Assert.AreEqual(Path.Join(relative, "a.png"), ImageFolder.Read(relative).Images[2].Path);
        Assert.AreEqual(_tree["a.png"], ImageFolder.Read(_tree.Path + Path.DirectorySeparatorChar).Images[2].Path);
    }

    [TestMethod]
    public void Hidden_files_and_those_of_systems_are_passed_over_silently()
    {
        _tree.Write(
            "a.png", ".b.png", "._a.png", ".cache/c.png", "__MACOSX/d.png", "@eaDir/e.png", "x/lost+found/f.png", "x/@eaDir2/g.png");
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual((string[])["a.png", "x/@eaDir2/g.png"], _tree.Names(images));
        Assert.IsEmpty(images.Skipped);
    }

    [TestMethod]
    public void One_file_is_taken_as_it_is()
    {
        _tree.Write("a.txt");
        Assert.AreEqual(new ImageFile(_tree["a.txt"]), ImageFolder.Read(_tree["a.txt"]).Images.Single());
    }

    [TestMethod]
    public void Without_pictures_the_message_counts_what_was_passed_over()
    {
        foreach (string name in (string[])["a", "b.tif", "c/d.tiff"]) _tree.Write(name, PictureTree.Tiff);
        _tree.WriteText("logo.svg", "<svg/>");
        _tree.Write("notes.txt");
        Assert.AreEqual(
            $"Folder '{_tree.Path}' has no pictures that can be read; passed over: 3 TIFF, 1 SVG.",
            Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.Read(_tree.Path)).Message);
        Directory.CreateDirectory(_tree["empty"]);
        Assert.AreEqual(
            $"Folder '{_tree["empty"]}' has no pictures that can be read.",
            Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.Read(_tree["empty"])).Message);
        Assert.AreEqual(
            $"There is no file or folder '{_tree["none"]}'.",
            Assert.ThrowsExactly<FileNotFoundException>(() => ImageFolder.Read(_tree["none"])).Message);
        Assert.ThrowsExactly<ArgumentException>(() => ImageFolder.Read(""));
    }

    [TestMethod]
    public void Kinds_are_counted_most_frequent_first()
    {
        SkippedFile[] files = [.. "b a c c".Split(' ').Select(kind => new SkippedFile("path", kind, "why"))];
        Assert.AreEqual("2 c, 1 a, 1 b", SkippedFile.Summarize(files));
        Assert.AreEqual("", SkippedFile.Summarize([]));
    }
}
