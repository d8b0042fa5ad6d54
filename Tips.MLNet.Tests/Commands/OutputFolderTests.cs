using Tips.MLNet.Models;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Tests.Commands;

[TestClass]
public sealed class OutputFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder["model"];

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Whatever moment the process is killed at, nothing under the output loads: not even what is complete but for the last move.
    /// </summary>
    [TestMethod]
    public void What_is_written_is_no_model_before_the_commit()
    {
        using (var folder = OutputFolder.Open(Output, overwrite: false))
        {
            CopyMini(folder);
            foreach (string directory in Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories))
                Assert.ThrowsExactly<FileNotFoundException>(() => TipsModel.Load(directory), directory);
            folder.Commit();
            TipsModel.Load(Output).Dispose();
        }

        Assert.IsEmpty(Directory.GetDirectories(Output));
    }

    [TestMethod]
    public void Without_a_commit_no_trace_is_left_of_the_folder_and_its_parents()
    {
        using (var folder = OutputFolder.Open(_folder["a/b/model"], overwrite: false)) CopyMini(folder);
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [TestMethod]
    public void A_folder_that_was_there_stays()
    {
        Directory.CreateDirectory(Output);
        using (var folder = OutputFolder.Open(Output, overwrite: false)) CopyMini(folder);
        Assert.IsTrue(Directory.Exists(Output));
        Assert.IsEmpty(Directory.GetFileSystemEntries(Output));
    }

    [TestMethod]
    public void Nothing_is_made_beside_the_folder()
    {
        Directory.CreateDirectory(Output);
        using var folder = OutputFolder.Open(Output, overwrite: false);
        CopyMini(folder);
        CollectionAssert.AreEqual(
            new[] { Output },
            Directory.GetFileSystemEntries(_folder.Path),
            "the parent may belong to somebody else, the folder be a mount point");
    }

    [TestMethod]
    public void A_link_stays_a_link()
    {
        Directory.CreateDirectory(_folder["disk"]);
        try
        {
            Directory.CreateSymbolicLink(Output, _folder["disk"]);
        }
        catch (UnauthorizedAccessException e)
        {
            Assert.Inconclusive($"Links cannot be made here: {e.Message}");
        }

        for (int round = 0; round < 2; round++)
        {
            using var folder = OutputFolder.Open(Output + Path.DirectorySeparatorChar, overwrite: round == 1);
            CopyMini(folder);
            folder.Commit();
            Assert.IsNotNull(new DirectoryInfo(Output).LinkTarget);
            TipsModel.Load(_folder["disk"]).Dispose();
        }
    }

    [TestMethod]
    public void A_commit_that_fails_puts_the_older_model_back()
    {
        TestModels.Copy(TestModels.MiniFolder(), Output);
        byte[] before = File.ReadAllBytes(Path.Combine(Output, TipsManifest.FileName));
        using (var folder = OutputFolder.Open(Output, overwrite: true))
        {
            folder.Create("first.bin").Dispose();
            folder.Create("second.bin").Dispose();
            folder.Create(TipsManifest.FileName).Dispose();
            File.Delete(Directory.GetFiles(Output, "second.bin*", SearchOption.AllDirectories).Single());
            Assert.StartsWith($"Output folder '{Output}' cannot be filled: ", Assert.ThrowsExactly<IOException>(folder.Commit).Message);
        }

        TipsModel.Load(Output).Dispose();
        CollectionAssert.AreEqual(before, File.ReadAllBytes(Path.Combine(Output, TipsManifest.FileName)));
        Assert.IsFalse(File.Exists(Path.Combine(Output, "first.bin")));
    }

    [TestMethod]
    public void A_link_in_the_place_of_the_tools_own_folder_is_refused()
    {
        Directory.CreateDirectory(Output);
        string staging;
        using (OutputFolder.Open(Output, overwrite: false)) staging = Directory.GetDirectories(Output).Single();
        Directory.CreateDirectory(_folder["victim"]);
        File.WriteAllText(_folder["victim/diary.old"], "mine");
        try
        {
            Directory.CreateSymbolicLink(staging, _folder["victim"]);
        }
        catch (UnauthorizedAccessException e)
        {
            Assert.Inconclusive($"Links cannot be made here: {e.Message}");
        }

        Assert.Contains("holds a link", Assert.ThrowsExactly<IOException>(() => OutputFolder.Open(Output, overwrite: false)).Message);
        Assert.AreEqual("mine", File.ReadAllText(_folder["victim/diary.old"]));
    }

    /// <summary>
    /// Killed between two moves of a commit: the next export finds the older model set aside and puts it back before it looks.
    /// </summary>
    [TestMethod]
    public void A_commit_that_was_cut_off_is_undone_by_the_next_export()
    {
        TestModels.Copy(TestModels.MiniFolder(), Output);
        string staging = StagingFolder();
        foreach (string name in (string[])[TipsManifest.FileName, "vision_dense.onnx"])
            File.Move(Path.Combine(Output, name), Path.Combine(staging, name + ".old"));
        File.WriteAllText(Path.Combine(Output, "vision_dense.onnx"), "the new one");
        Assert.ThrowsExactly<FileNotFoundException>(() => TipsModel.Load(Output));

        OutputFolder.Open(Output, overwrite: true).Dispose();
        TipsModel.Load(Output).Dispose();
        Assert.IsFalse(Directory.Exists(staging));
    }

    /// <summary>
    /// Killed between two moves of the commit, where there was no older model: the files that were moved already are taken out again.
    /// </summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_commit_into_an_empty_folder_that_was_cut_off_is_undone(bool overwrite)
    {
        string staging;
        Directory.CreateDirectory(Output);
        using (OutputFolder.Open(Output, overwrite: false)) staging = Directory.GetDirectories(Output).Single();
        Directory.CreateDirectory(staging);
        foreach (string file in Directory.GetFiles(TestModels.MiniFolder()))
        {
            string name = Path.GetFileName(file);
            bool moved = name is "vision.fp32.safetensors" or "vision_embedding.onnx";
            File.Copy(file, moved ? Path.Combine(Output, name) : Path.Combine(staging, name + ".new"));
        }

        using var folder = OutputFolder.Open(Output, overwrite);
        CollectionAssert.AreEqual(new[] { staging }, Directory.GetFileSystemEntries(Output));
        CopyMini(folder);
        folder.Commit();
        TipsModel.Load(Output).Dispose();
    }

    /// <summary>The same over an older model whose files have other names.</summary>
    [TestMethod]
    public void A_commit_over_a_model_of_other_files_that_was_cut_off_is_undone()
    {
        TestModels.Copy(TestModels.MiniFolder(), Output);
        string staging = StagingFolder();
        string manifest = Path.Combine(Output, TipsManifest.FileName);
        string changed = File.ReadAllText(manifest).Replace(
            "vision.fp32.safetensors", "vision.other.safetensors", StringComparison.Ordinal);
        foreach (string name in Directory.GetFiles(Output).Select(f => Path.GetFileName(f)))
            File.Move(Path.Combine(Output, name), Path.Combine(staging, name + ".old"));
        File.WriteAllText(Path.Combine(staging, TipsManifest.FileName + ".new"), changed);
        File.WriteAllText(Path.Combine(Output, "vision.other.safetensors"), "new");
        OutputFolder.Open(Output, overwrite: true).Dispose();
        TipsModel.Load(Output).Dispose();
        Assert.HasCount(5, Directory.GetFileSystemEntries(Output));
    }

    [TestMethod]
    public void What_a_finished_commit_left_aside_is_dropped()
    {
        TestModels.Copy(TestModels.MiniFolder(), Output);
        string staging = StagingFolder();
        File.WriteAllText(Path.Combine(staging, "vision_dense.onnx.old"), "the older one");
        File.WriteAllText(Path.Combine(staging, "weights.new"), "left over");
        OutputFolder.Open(Output, overwrite: true).Dispose();
        TipsModel.Load(Output).Dispose();
        Assert.IsFalse(Directory.Exists(staging));
    }

    [TestMethod]
    public void Two_exports_do_not_share_a_folder()
    {
        using var first = OutputFolder.Open(Output, overwrite: false);
        CopyMini(first);
        Assert.AreEqual(
            $"Another export is writing to '{Output}'.",
            Assert.ThrowsExactly<IOException>(() => OutputFolder.Open(Output, overwrite: false)).Message);
        first.Commit();
        TipsModel.Load(Output).Dispose();
    }

    [TestMethod]
    public void What_somebody_puts_there_meanwhile_is_not_taken()
    {
        using (var folder = OutputFolder.Open(Output, overwrite: false))
        {
            CopyMini(folder);
            File.WriteAllText(Path.Combine(Output, "mine.txt"), "mine");
            Assert.Contains("is not empty", Assert.ThrowsExactly<IOException>(folder.Commit).Message);
        }

        CollectionAssert.AreEqual(new[] { Path.Combine(Output, "mine.txt") }, Directory.GetFileSystemEntries(Output));
    }

    [TestMethod]
    public void A_lock_that_cannot_be_made_is_no_other_export()
    {
        Directory.CreateDirectory(Output);
        string staging;
        using (OutputFolder.Open(Output, overwrite: false)) staging = Directory.GetDirectories(Output).Single();
        Directory.CreateDirectory(Path.Combine(staging, "lock"));
        string message = Assert.ThrowsExactly<IOException>(() => OutputFolder.Open(Output, overwrite: false)).Message;
        Assert.StartsWith($"Output folder '{Output}' cannot be written: ", message);
    }

    /// <summary>The lock file comes and goes; two must never have it at once.</summary>
    [TestMethod]
    public void Of_many_that_want_the_folder_one_has_it()
    {
        int inside = 0, most = 0, had = 0;
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            try
            {
                using var folder = OutputFolder.Open(Output, overwrite: false);
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Thread.Yield();
                Interlocked.Decrement(ref inside);
                Interlocked.Increment(ref had);
            }
            catch (IOException)
            {
                // Another has it, or is just leaving.
            }
        });
        Assert.AreEqual(1, most);
        Assert.IsGreaterThan(0, had);

        static void InterlockedMax(ref int target, int value)
        {
            int seen = Volatile.Read(ref target);
            while (value > seen)
            {
                int before = Interlocked.CompareExchange(ref target, value, seen);
                if (before == seen) return;
                seen = before;
            }
        }
    }

    [TestMethod]
    public void A_place_under_a_file_is_refused()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.Contains(
            $"Output folder '{Path.Combine(_folder["file"], "a")}' cannot be written:",
            Assert.ThrowsExactly<IOException>(() => OutputFolder.Open(Path.Combine(_folder["file"], "a"), overwrite: false)).Message);
        CollectionAssert.AreEqual(new[] { _folder["file"] }, Directory.GetFileSystemEntries(_folder.Path));
    }

    /// <summary>A new disk, a folder that a file browser has shown, a folder kept in Git: empty for their users.</summary>
    [TestMethod]
    public void What_systems_put_into_a_folder_is_no_content()
    {
        string[] files = [".DS_Store", "Thumbs.db", "thumbs.DB", "desktop.ini", ".gitkeep", "._manifest.json", ".nfs00000000012"];
        string[] folders = ["lost+found", "$RECYCLE.BIN", ".Trash-1000"];
        Directory.CreateDirectory(Output);
        foreach (string name in folders) Directory.CreateDirectory(Path.Combine(Output, name));
        foreach (string name in files) File.WriteAllText(Path.Combine(Output, name), name);
        foreach (string name in files) File.WriteAllText(Path.Combine(Output, "lost+found", name), name);
        string[] before = Entries();
        for (int round = 0; round < 3; round++)
        {
            using (var folder = OutputFolder.Open(Output, overwrite: round > 0))
            {
                CopyMini(folder);
                folder.Commit();
            }

            TipsModel.Load(Output).Dispose();
            if (round == 0) Assert.ThrowsExactly<IOException>(() => OutputFolder.Open(Output, overwrite: false), "there is a model now");
            string[] model = [.. Directory.GetFiles(TestModels.MiniFolder()).Select(f => Path.GetFileName(f))];
            CollectionAssert.AreEquivalent(before.Concat(model).ToArray(), Entries());
            foreach (string name in files) Assert.AreEqual(name, File.ReadAllText(Path.Combine(Output, name)));
        }

        File.WriteAllText(Path.Combine(Output, ".profile"), "mine");
        string message = Assert.ThrowsExactly<IOException>(() => OutputFolder.Open(Output, overwrite: true)).Message;
        Assert.Contains("holds '.profile', which is not part of a model", message);

        string[] Entries() => [.. Directory.GetFileSystemEntries(Output, "*", SearchOption.AllDirectories)
            .Select(e => Path.GetRelativePath(Output, e))];
    }

    private static void CopyMini(OutputFolder folder)
    {
        foreach (string file in Directory.GetFiles(TestModels.MiniFolder()))
        {
            using var to = folder.Create(Path.GetFileName(file));
            to.Write(File.ReadAllBytes(file));
        }
    }

    private string StagingFolder()
    {
        string staging;
        using (OutputFolder.Open(Output, overwrite: true)) staging = Directory.GetDirectories(Output).Single();
        Directory.CreateDirectory(staging);
        return staging;
    }
}
