using System.CommandLine;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;

namespace Tips.OnnxExport.Commands;

/// <summary><c>download</c>: a released model's files, into the cache.</summary>
internal static class DownloadCommand
{
    private const string LicenseNote =
        "The weights are by Google DeepMind, licensed under CC-BY 4.0 (https://creativecommons.org/licenses/by/4.0/).";

    public static Command Create(TextWriter output, TextWriter error)
    {
        var options = new DownloadOptionSet();
        var command = new Command("download", "Download a released model's files; their paths go to standard output.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            foreach (var file in await RunAsync(options, parsed, error, cancellationToken)) output.WriteLine(WordWrap.Keep(file.Path));
            return ToolCommand.Success;
        });
        return command;
    }

    /// <summary>Downloads what the options name.</summary>
    public static async Task<IReadOnlyList<DownloadedFile>> RunAsync(
        DownloadOptionSet options, ParseResult parsed, TextWriter error, CancellationToken cancellationToken)
    {
        var wanted = options.Files(parsed);
        error.WriteLine(LicenseNote);
        var files = await ProgressDisplay.RunAsync(error, ProgressUnit.Bytes, async (progress, note) =>
        {
            using var downloader = new FileDownloader(options.Options(parsed, note), progress);
            await downloader.CheckSpaceAsync(wanted, cancellationToken);
            List<DownloadedFile> done = [];
            foreach (var file in wanted) done.Add(await downloader.DownloadAsync(file, cancellationToken));
            return done;
        });
        foreach (var file in files)
        {
            error.WriteLine($"{(file.WasCached ? "Is there already" : "Downloaded")}: {WordWrap.Keep(Printable.Escape(file.Path))}");
            error.WriteLine(
                $"  {Format.Count(file.Record.Length)} bytes, SHA-256 {file.Record.Sha256}, {Checks(file.Record)}");
        }

        return files;
    }

    private static string Checks(DownloadRecord record) => (record.CheckedCrc32C, record.CheckedMd5) switch
    {
        (null, null) => "no checksum from the server",
        (_, null) => "the server's CRC-32C holds",
        (null, _) => "the server's MD5 holds",
        _ => "the server's CRC-32C and MD5 hold",
    };
}
