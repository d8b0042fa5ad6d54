using System.Diagnostics;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Folders;

/// <summary>A new folder for files that look like pictures by their names or by their first bytes.</summary>
internal sealed class PictureTree : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public string this[string name] => _folder[name];

    /// <summary>The first bytes of a picture that can be read.</summary>
    public static byte[] Png => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static byte[] Tiff => "II*\0........"u8.ToArray();

    /// <summary>Writes files, each with its own name as content, and their folders.</summary>
    public void Write(params string[] names)
    {
        foreach (string name in names) WriteText(name, name);
    }

    public void WriteText(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
    }

    /// <summary>Runs a shell command in the folder, for what .NET cannot make.</summary>
    public void Shell(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = Path })!;
        Assert.IsTrue(shell.WaitForExit(TimeSpan.FromMinutes(1)), command);
        Assert.AreEqual(0, shell.ExitCode, command);
    }

    /// <summary>The paths of pictures in this folder, relative to it.</summary>
    public string[] Names(ImageFolder images) => [.. images.Images.Select(image => Relative(image.Path))];

    /// <summary>What was passed over: "name: kind".</summary>
    public string[] Skipped(ImageFolder images) => [.. images.Skipped.Select(file => $"{Relative(file.Path)}: {file.Kind}")];

    public void Dispose()
    {
        // .NET can neither see nor delete names that are not UTF-8.
        if (!OperatingSystem.IsWindows()) Shell("find . -mindepth 1 -delete");
        _folder.Dispose();
    }

    private string Relative(string path) => System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/');
}
