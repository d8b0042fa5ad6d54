namespace Tips.MLNet.Tests.Folders;

[TestClass]
public sealed class CaptionsTests : IDisposable
{
    private readonly PictureTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [TestMethod]
    public void Captions_are_beside_their_pictures()
    {
        _tree.Write("b.jpg", "a.x.png", "sub/c.webp", "B.gif");
        _tree.WriteText("b.txt", " a cat\non a mat \r\n");
        _tree.WriteText("a.x.caption", "\uFEFFein Bär");
        _tree.WriteText("sub/c.TXT", "deep");
        _tree.WriteText("B.txt", "capital");
        _tree.Write("photo", PictureTree.Png);
        _tree.WriteText("photo.txt", "by content");
        var images = ImageFolder.ReadCaptions(_tree.Path);
        CollectionAssert.AreEqual((string[])["B.gif", "a.x.png", "b.jpg", "photo", "sub/c.webp"], _tree.Names(images));
        CollectionAssert.AreEqual(
            (string[])["capital", "ein Bär", "a cat\non a mat", "by content", "deep"], images.Images.Select(image => image.Text).ToArray());
        Assert.IsEmpty(images.Skipped);
        Assert.IsEmpty(images.Classes);
    }

    [TestMethod]
    public void What_has_no_pair_is_told()
    {
        _tree.Write("a.jpg", "alone.png", "blank.png", "latin.png", "sub/a.png", "a.txt", "a.caption", "README.txt", "other.json");
        _tree.WriteText("blank.txt", " \n");
        _tree.Write("latin.txt", [0xE4]);
        _tree.Write("a.tif", PictureTree.Tiff);
        var images = ImageFolder.ReadCaptions(_tree.Path);
        Assert.AreEqual(new ImageFile(_tree["a.jpg"], "", "a.txt"), images.Images.Single());
        CollectionAssert.AreEqual(
            (string[])
            [
                "README.txt: caption without a picture", "a.caption: second caption", "a.tif: TIFF", "alone.png: picture without a caption",
                "blank.png: picture with an empty caption", "latin.png: picture with an unreadable caption",
                "sub/a.png: picture without a caption",
            ],
            _tree.Skipped(images));
        Assert.AreEqual("there is no 'alone.txt' and no 'alone.caption' beside it", images.Skipped[3].Reason);
        Assert.Contains("line 1 has bytes that are not UTF-8", images.Skipped[5].Reason);
    }

    /// <summary>A JPEG and a PNG of one drawing share their caption.</summary>
    [TestMethod]
    public void Pictures_of_one_name_share_a_caption()
    {
        _tree.Write("a.jpg", "a.png", "a.txt");
        CollectionAssert.AreEqual((string[])["a.jpg", "a.png"], _tree.Names(ImageFolder.ReadCaptions(_tree.Path)));
    }

    [TestMethod]
    public void A_folder_without_pairs_is_an_error()
    {
        _tree.Write("a.jpg", "b.txt");
        Assert.AreEqual(
            $"Folder '{_tree.Path}' has no pictures with captions; passed over: 1 caption without a picture, 1 picture without a caption.",
            Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.ReadCaptions(_tree.Path)).Message);
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => ImageFolder.ReadCaptions(_tree["none"]));
    }
}
