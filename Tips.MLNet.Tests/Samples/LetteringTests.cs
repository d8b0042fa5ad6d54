using System.Diagnostics;
using SkiaSharp;
using Tips.MLNet.Samples.Drawing;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>Texts in pictures are the same on every computer.</summary>
[TestClass]
public sealed class LetteringTests
{
    [TestMethod]
    [DataRow("Zürich, naïve façade … “quotes” – 77.5 % · 3×4 €")]
    [DataRow("Ελληνικά Ἀθῆναι")]
    [DataRow("Русский, Українська")]
    [DataRow("Tiếng Việt Łódź Şişli")]
    public void Latin_Greek_and_Cyrillic_are_in_the_bundled_font(string text)
    {
        var (part, typeface) = Lettering.Parts(text).Single();
        Assert.AreEqual(text, part);
        Assert.AreEqual("Noto Sans", typeface.FamilyName);
    }

    /// <summary>A private character is in no font.</summary>
    [TestMethod]
    public void What_no_font_has_is_a_box()
    {
        Assert.AreEqual("Noto Sans", Lettering.Parts("\uE123").Single().Typeface.FamilyName);
        Assert.IsGreaterThan(20, Ink("\uE123"));
        Assert.AreEqual(0, Ink(""));
        Assert.IsGreaterThan(Captions.Width("a"), Captions.Width("a\uE123"));
        Assert.AreEqual(Captions.Width("a"), Captions.Width("a\uFE0F"), "a variation selector is nothing");
    }

    [TestMethod]
    public void Texts_are_cut_in_the_middle_to_a_width()
    {
        string cut = Captions.Cut("a-long-name-of-a-picture.png", 100);
        Assert.MatchesRegex(@"^a-l[\w-]*…[\w-]*\.png$", cut);
        Assert.IsLessThanOrEqualTo(100, Captions.Width(cut));
        Assert.IsGreaterThan(80, Captions.Width(cut));
        Assert.AreEqual("short", Captions.Cut("short", 100));
        Assert.AreEqual("…", Captions.Cut("日本語", 1));
    }

    /// <summary>A contact sheet of a process that sees no font of the system has the same pixels.</summary>
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_server_without_fonts_draws_the_same()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["in"]);
        foreach (string file in Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Take(4))
            File.Copy(file, folder[$"in/{Path.GetFileName(file)}"]);
        string samples = $"dotnet '{ChildProcess.PathOf("Tips.MLNet.Samples.dll")}' search --images '{folder["in"]}' --quiet";
        string queries = "-q 'a red apple, Äpfel' -q 'μήλο, яблоко'";
        const string hide = "for d in /usr/share/fonts /usr/local/share/fonts; do [ ! -d $d ] || mount -t tmpfs none $d || exit 77; done";
        int hidden = Shell("unshare", "-rm", "sh", "-c", $"{hide}; [ -z \"$(ls /usr/share/fonts 2>/dev/null)\" ] || exit 77; "
            + $"{samples} {queries} -o '{folder["without.png"]}'");
        if (hidden is 1 or 77 && !File.Exists(folder["without.png"])) Assert.Inconclusive("Folders cannot be hidden from a process here.");
        Assert.AreEqual(0, hidden);
        Assert.AreEqual(0, Shell("sh", "-c", $"{samples} {queries} -o '{folder["with.png"]}'"));
        CollectionAssert.AreEqual(File.ReadAllBytes(folder["with.png"]), File.ReadAllBytes(folder["without.png"]));
    }

    private static int Shell(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        Assert.IsTrue(process.WaitForExit(TimeSpan.FromMinutes(1)), "the process hangs");
        return process.ExitCode;
    }

    // Pixels that are not white.
    private static int Ink(string text)
    {
        using var bitmap = Bitmaps.Create(30, 60);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        Captions.Draw(canvas, text, 5, 5);
        canvas.Flush();
        return bitmap.Pixels.Count(p => p != SKColors.White);
    }
}
