using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace Tips.MLNet.Tests.Packaging;

/// <summary>What a program printed, and how it ended.</summary>
internal sealed record CommandRun(int ExitCode, string Output)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    /// <summary>The folder with the solution.</summary>
    internal static string RepositoryFolder { get; } = typeof(CommandRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == nameof(RepositoryFolder)).Value!;

    /// <summary>Runs a verb of the .NET SDK that builds; fails the test if the build fails.</summary>
    internal static void Build(string verb, string project, params string[] arguments)
    {
        var run = TryBuild(verb, project, arguments);
        Assert.AreEqual(0, run.ExitCode, run.Output);
    }

    /// <summary>Runs a verb of the .NET SDK that builds.</summary>
    internal static CommandRun TryBuild(string verb, string project, params string[] arguments)
        // Build servers would outlive the command and keep its output open.
        => Start("dotnet", [verb, project, "-nodeReuse:false", "-p:UseSharedCompilation=false", "-tl:off", .. arguments]);

    /// <summary>Runs a program to its end.</summary>
    internal static CommandRun Start(string program, params string[] arguments)
        => StartIn(Environment.CurrentDirectory, program, arguments);

    /// <summary>Runs a program to its end in a folder.</summary>
    internal static CommandRun StartIn(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Timeout))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end within {Timeout.TotalMinutes} minutes.");
        }

        return new CommandRun(process.ExitCode, output.Result + error.Result);
    }
}
