namespace Tips.MLNet.Tests.Packaging;

/// <summary>The linker that Native AOT needs and the .NET SDK does not bring along.</summary>
internal static class NativeLinker
{
    /// <summary>What is missing on this machine, or null if nothing is.</summary>
    internal static string? FindMissing()
    {
        if (OperatingSystem.IsWindows())
            return HasVisualCpp() ? null : "Native AOT needs the C++ build tools of Visual Studio.";
        if (OperatingSystem.IsMacOS())
            return IsOnPath("clang") ? null : "Native AOT needs clang (the command line tools of Xcode).";
        return IsOnPath("clang") || IsOnPath("gcc") ? null : "Native AOT needs clang or gcc.";
    }

    private static bool HasVisualCpp()
    {
        if (IsOnPath("link.exe") && IsOnPath("cl.exe")) return true;
        string finder = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.ProgramFilesX86), "Microsoft Visual Studio", "Installer", "vswhere.exe");
        if (!File.Exists(finder)) return false;
        var found = CommandRun.Start(
            finder,
            "-latest", "-prerelease", "-products", "*", "-requires", "Microsoft.VisualStudio.Component.VC.Tools.x86.x64", "-property",
            "installationPath");
        return found.ExitCode == 0 && found.Output.Trim().Length > 0;
    }

    private static bool IsOnPath(string program)
        => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
