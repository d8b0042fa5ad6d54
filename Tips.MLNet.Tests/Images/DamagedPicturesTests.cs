using System.Diagnostics;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

/// <summary>Files that are no pictures, or not whole: refused, with a message that says what is wrong.</summary>
[TestClass]
public class DamagedPicturesTests
{
    private const long Gigabyte = 1_000_000_000;

    public TestContext TestContext { get; set; } = null!;

    public static IEnumerable<object[]> Names => FormatPictures.Names.Select(name => new object[] { name });

    [TestMethod]
    [DataRow("trunc.gif", "it is cut off")]
    [DataRow("trunc.webp", "it is cut off")]
    [DataRow("trunc_half.jpg", "it is cut off")]
    [DataRow("trunc_half.png", "it is cut off")]
    [DataRow("zeros.jpg", "all of its first bytes are zero, as after an interrupted copy")]
    [DataRow("error-page.jpg", "it is a page of HTML, perhaps an error message that was saved instead of the picture")]
    [DataRow("lfs.png", "it is a Git LFS pointer, not the picture itself; 'git lfs pull' fetches that")]
    [DataRow(
        "bomb-30000x30000.png",
        "its header says 30000x30000 pixels, 900,000,000 in all, expected at most 178,956,970 (MaximumPixels)")]
    public void What_is_wrong_is_said(string file, string reason)
    {
        string path = GoldenFiles.PathOf("cases", file);
        Assert.AreEqual($"Picture '{path}' cannot be read: {reason}.", Refused(ImageSource.FromFile(path)));
        Assert.AreEqual($"Picture 'a' cannot be read: {reason}.", Refused(ImageSource.FromBytes(File.ReadAllBytes(path), "a")));
    }

    /// <summary>However many bytes of its end are missing.</summary>
    [TestMethod]
    [DynamicData(nameof(Names))]
    public void A_picture_that_is_cut_off_anywhere_is_refused(string name)
    {
        byte[] bytes = File.ReadAllBytes(FormatPictures.PathOf(name));
        int[] lengths = [.. Enumerable.Range(1, 30).Select(missing => bytes.Length - missing).Where(n => n > 0)];
        for (int length = 0; length < bytes.Length; length += Math.Max(1, bytes.Length / 100)) lengths = [.. lengths, length];
        foreach (int length in lengths)
        {
            string message = Refused(ImageSource.FromBytes(bytes.AsMemory(0, length), "a"));
            bool saysSo = message.EndsWith("cut off.", StringComparison.Ordinal) || length < 64;
            Assert.IsTrue(saysSo, $"{length} of {bytes.Length} bytes: {message}");
        }
    }

    [TestMethod]
    [DataRow(new byte[] { 0, 0, 8, 8, 255, 255, 255, 255, 255, 255, 255, 255 }, "it is not of a known picture format")] // WBMP
    [DataRow(new byte[] { (byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0 }, "its format, TIFF, is not supported")]
    [DataRow(new byte[] { 0, 0, 0, 12, (byte)'j', (byte)'P', 32, 32 }, "its format, JPEG 2000, is not supported")]
    [DataRow(new byte[] { (byte)'{', (byte)'}' }, "it is text, not a picture")]
    [DataRow(new byte[] { 0xFF, 0xD8, 0xFF }, "its header is damaged or cut off")]
    [DataRow(new byte[0], "it is empty")]
    public void Other_kinds_are_named(byte[] bytes, string reason)
        => Assert.AreEqual($"Picture 'a' cannot be read: {reason}.", Refused(ImageSource.FromBytes(bytes, "a")));

    /// <summary>Decoders would take a smaller picture of the icon, silently.</summary>
    [TestMethod]
    public void An_icon_that_is_cut_off_is_refused()
    {
        byte[] small = File.ReadAllBytes(FormatPictures.PathOf("one.png")), large = File.ReadAllBytes(FormatPictures.PathOf("rgb.png"));
        byte[] icon = TestPictures.Icon((1, 1, small), (200, 150, large));
        using (var whole = ImageSource.FromBytes(icon).Decode()) Assert.AreEqual((200, 150), (whole.Width, whole.Height));
        for (int missing = 1; missing < large.Length + small.Length; missing += 97)
        {
            string message = Refused(ImageSource.FromBytes(icon.AsMemory(0, icon.Length - missing), "a"));
            Assert.EndsWith("it is cut off.", message);
        }
    }

    [TestMethod]
    public void The_limit_can_be_changed()
    {
        byte[] bytes = File.ReadAllBytes(FormatPictures.PathOf("rgb.png")); // 200x150
        var enough = new ImageDecodingOptions { MaximumPixels = 200 * 150 };
        ImageSource.FromBytes(bytes).WithDecoding(enough).Decode().Dispose();
        var tooFew = new ImageDecodingOptions { MaximumPixels = 200 * 150 - 1 };
        Assert.EndsWith(
            "its header says 200x150 pixels, 30,000 in all, expected at most 29,999 (MaximumPixels).",
            Refused(ImageSource.FromBytes(bytes).WithDecoding(tooFew)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => ImageSource.FromBytes(bytes).WithDecoding(new ImageDecodingOptions { MaximumPixels = 0 }));
    }

    [TestMethod]
    public void A_bomb_is_refused_by_its_header()
    {
        var source = ImageSource.FromFile(GoldenFiles.PathOf("cases", "bomb-30000x30000.png"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        Refused(source);
        TestContext.WriteLine($"{clock.Elapsed.TotalMilliseconds:F1} ms, {GC.GetAllocatedBytesForCurrentThread() - before:N0} bytes");
        Assert.IsLessThan(1_000_000L, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    [DataRow(500)]
    public void Damaged_files_do_no_harm(int count) => Fuzz(count, seed: 1);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow(10_000)]
    public void Many_damaged_files_do_no_harm(int count) => Fuzz(count, seed: 2);

    private void Fuzz(int count, int seed)
    {
        var (seconds, peak) = MeasuredProcess.Run("FuzzProgram.dll", GoldenFiles.PathOf("formats"), $"{count}", $"{seed}");
        TestContext.WriteLine($"{count} files: {seconds:F1} s, {peak / 1e6:F0} MB");
        Assert.IsLessThan(Gigabyte, peak);
    }

    private static string Refused(ImageSource source) => Assert.ThrowsExactly<InvalidDataException>(() => source.Decode()).Message;
}
