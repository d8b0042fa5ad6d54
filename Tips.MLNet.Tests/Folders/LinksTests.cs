using System.Net.Sockets;
using Tips.MLNet.Images;

namespace Tips.MLNet.Tests.Folders;

/// <summary>Links, pipes and other things in folders that are not files.</summary>
[TestClass]
[OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
public sealed class LinksTests : IDisposable
{
    private readonly PictureTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [TestMethod]
    public void Links_to_files_are_followed_and_dangling_ones_are_said()
    {
        _tree.WriteText("blobs/.x", "x");
        _tree.Write("a.png");
        _tree.Write("photo", PictureTree.Png);
        _tree.Shell("ln -s a.png b.png; ln -s b.png c.png; ln -s photo link; ln -s blobs/.x hash.png");
        _tree.Shell("ln -s nowhere d.png; ln -s e.png e.png; ln -s d.png f");
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual((string[])["a.png", "b.png", "c.png", "hash.png", "link", "photo"], _tree.Names(images));
        CollectionAssert.AreEqual(
            (string[])["d.png: dangling link", "e.png: dangling link", "f: dangling link"], _tree.Skipped(images));
        Assert.AreEqual("it links to 'nowhere', which is not there", images.Skipped[0].Reason);
    }

    [TestMethod]
    public void Links_to_folders_are_followed_once()
    {
        using var other = new PictureTree();
        other.Write("deep/x.png", "y.png");
        _tree.Write("b/a.png");
        _tree.Shell($"ln -s b a; ln -s .. b/up; ln -s . self; ln -s '{other.Path}/deep' k; ln -s '{other.Path}' l; ln -s '{other.Path}' m");
        var images = ImageFolder.Read(_tree.Path);
        // The real folder b comes before the link a, k before l, and l before m.
        CollectionAssert.AreEqual((string[])["b/a.png", "k/x.png", "l/y.png"], _tree.Names(images));
        Assert.IsEmpty(images.Skipped);
        CollectionAssert.AreEqual((string[])["a/a.png"], _tree.Names(ImageFolder.Read(_tree["a"])).Order().Take(1).ToArray());
    }

    [TestMethod]
    public void A_circle_through_a_link_in_the_path_ends()
    {
        using var other = new PictureTree();
        _tree.Write("real/sub/x.png");
        _tree.Shell($"ln -s ../../real real/sub/back; ln -s '{_tree.Path}/real' '{other.Path}/door'");
        var images = ImageFolder.Read(other["door/sub"]);
        Assert.AreEqual(other["door/sub/x.png"], images.Images.Single().Path);
    }

    [TestMethod]
    [Timeout(60_000)]
    public void Pipes_sockets_and_devices_are_never_opened()
    {
        _tree.Write("a.png");
        _tree.WriteText("empty.png", "");
        _tree.Shell("mkfifo x.png pipe; ln -s x.png y.png; ln -s /dev/zero z.png");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_tree["s.jpg"]));
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual((string[])["a.png", "empty.png"], _tree.Names(images));
        CollectionAssert.AreEqual(
            (string[])["pipe: pipe", "s.jpg: socket", "x.png: pipe", "y.png: pipe", "z.png: device"], _tree.Skipped(images));
        Assert.AreEqual("it is a pipe, not a file", images.Skipped[0].Reason);
        Assert.AreEqual(
            $"'{_tree["x.png"]}' is a pipe, expected a picture or a folder.",
            Assert.ThrowsExactly<InvalidDataException>(() => ImageFolder.Read(_tree["x.png"])).Message);
    }

    [TestMethod]
    [Timeout(60_000)]
    public void What_is_no_file_is_told_by_its_path()
    {
        _tree.Write("a.png");
        _tree.WriteText("empty", "");
        _tree.Shell("mkfifo pipe; ln -s pipe link; ln -s link link2; ln -s nowhere dangling; ln -s circle circle; mkdir d; ln -s d dlink");
        foreach (string name in (string[])["pipe", "link", "link2"]) Assert.AreEqual("pipe", SpecialFile.Describe(_tree[name]), name);
        Assert.AreEqual("device", SpecialFile.Describe("/dev/null"));
        foreach (string name in (string[])["a.png", "empty", "none", "dangling", "circle", "d", "dlink"])
            Assert.IsNull(SpecialFile.Describe(_tree[name]), name);
    }

    /// <summary>A process substitution of a shell gives such a path.</summary>
    [TestMethod]
    public void A_pipe_without_a_name_is_told_by_its_descriptor()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Descriptors are links on Linux only.");
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream();
        string path = $"/proc/self/fd/{pipe.SafePipeHandle.DangerousGetHandle()}";
        Assert.AreEqual("pipe", SpecialFile.Describe(path));
    }

    [TestMethod]
    public void Names_that_are_not_UTF_8_are_said()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Other systems have no such names.");
        _tree.Write("a.png", "z\uFFFD.png");
        _tree.Shell("""touch "$(printf 'b\377.png')"; mkdir "$(printf 'c\376')"; touch "$(printf 'c\376/x.png')" """);
        _tree.Shell("""ln -s a.png "$(printf 'd\377')" """);
        var images = ImageFolder.Read(_tree.Path);
        CollectionAssert.AreEqual((string[])["a.png", "z\uFFFD.png"], _tree.Names(images));
        string[] expected = [.. ((string[])["b\uFFFD.png", "c\uFFFD", "d\uFFFD"]).Select(name => $"{name}: name that is not UTF-8")];
        CollectionAssert.AreEqual(expected, _tree.Skipped(images));
        Assert.AreEqual("its name is not UTF-8, so it cannot be opened; rename it", images.Skipped[0].Reason);
    }

    [TestMethod]
    public void A_folder_or_file_without_permission_is_said()
    {
        if (Environment.IsPrivilegedProcess) Assert.Inconclusive("Root may read everything.");
        _tree.Write("a.png", "closed/b.png", "unknown");
        _tree.Shell("chmod 0 closed unknown");
        try
        {
            var images = ImageFolder.Read(_tree.Path);
            CollectionAssert.AreEqual((string[])["a.png"], _tree.Names(images));
            CollectionAssert.AreEqual((string[])["closed: unreadable folder", "unknown: unreadable file"], _tree.Skipped(images));
        }
        finally
        {
            _tree.Shell("chmod 700 closed");
        }
    }
}
