using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>
/// What every command gets: where it writes, how it reads pictures, and what becomes of those that cannot be read.
/// <para>A new command is written like this. Prose (what is being done, where files went) goes to <see cref="Report"/>; what the command
/// is for goes to <see cref="Findings"/>, or as a <see cref="TextTable"/> to <see cref="Write"/>. Both break lines between words. A path
/// stands in single quotes or has no blanks before its end, so that it stays whole; text from files goes through
/// <see cref="Printable.Escape"/>. Numbers are written by <see cref="Format"/>. Long work ticks a line of <see cref="StartProgress"/>;
/// embedding does so by itself. At the end the command calls <see cref="Finish"/> with a record of the same figures. Nothing asks for
/// --quiet or --json: the writers ignore what must not be seen.</para>
/// </summary>
internal sealed class SampleContext
{
    private readonly WrappingWriter _report;
    private readonly Func<Stream> _input;
    private readonly HashSet<string> _outputs = new(StringComparer.Ordinal);
    private object? _result;

    /// <param name="report">Receives prose and findings. It is wrapped, unless it wraps already.</param>
    /// <param name="results">Receives results for other programs.</param>
    /// <param name="error">Receives errors and progress. It is wrapped, unless it wraps already.</param>
    /// <param name="input">Opens standard input.</param>
    public SampleContext(TextWriter report, TextWriter results, TextWriter error, Func<Stream> input)
    {
        (_report, Results, _input) = (WrappingWriter.Over(report), results, input);
        Error = WrappingWriter.Over(error, TextLayout.Unlimited);
        Store = new RunStore(Error);
    }

    /// <summary>Whether there is no prose and no progress (--quiet).</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Whether standard output has one JSON object and nothing else (--json).</summary>
    public bool IsJson { get; set; }

    /// <summary>For prose. Ignores it with --quiet and --json.</summary>
    public WrappingWriter Report => IsQuiet || IsJson ? WrappingWriter.Nowhere : _report;

    /// <summary>For what the command is asked for, in words. Ignores it with --json.</summary>
    public WrappingWriter Findings => IsJson ? WrappingWriter.Nowhere : _report;

    /// <summary>For results that other programs read, such as the lines of <c>embed</c>: nothing is changed or left out.</summary>
    public TextWriter Results { get; }

    /// <summary>For errors and lists of what was left out.</summary>
    public WrappingWriter Error { get; }

    /// <summary>The pictures that the sample goes on without.</summary>
    public LeftOut LeftOut { get; } = new();

    /// <summary>Where embeddings are kept between runs.</summary>
    public RunStore Store { get; }

    /// <summary>The file for a report to look at; null for none.</summary>
    public string? ReportFile { get; set; }

    /// <summary>Whether pictures are turned the way EXIF says.</summary>
    public bool Upright { get; set; }

    /// <summary>A picture file as the sample decodes it.</summary>
    public ImageSource Open(string path)
        => ImageSource.FromFile(path).WithDecoding(new ImageDecodingOptions { Upright = Upright });

    public Stream OpenInput() => _input();

    /// <summary>
    /// Checks, before there is any work to lose, that a result can be written to a file, and remembers it: what is written must not be what
    /// is read, or another result.
    /// </summary>
    public void CheckOutput(string file)
    {
        OutputFile.CheckWritable(file);
        if (!_outputs.Add(Path.GetFullPath(file))) throw new SampleException($"'{file}' is named for two results.");
    }

    /// <summary>Refuses to replace what is read.</summary>
    /// <param name="file">A file that is read; null for none.</param>
    public void CheckInput(string? file)
    {
        if (file is not null && _outputs.Contains(Path.GetFullPath(file)))
            throw new SampleException($"'{file}' is read, so no result can be written there.");
    }

    /// <summary>A remark on standard error, where standard output has results for other programs. Ignored with --quiet.</summary>
    public void Note(string text)
    {
        if (!IsQuiet) Error.WriteLine(text);
    }

    /// <summary>Writes a table to <see cref="Findings"/>.</summary>
    public void Write(TextTable table) => table.WriteTo(Findings);

    /// <summary>Shows on standard error how far some work has come; nothing with --quiet. Dispose it when the work ends.</summary>
    /// <param name="task">What is being done, such as <c>Embedding pictures</c>.</param>
    /// <param name="total">How many pieces it has.</param>
    public ProgressLine StartProgress(string task, long total) => new(IsQuiet ? WrappingWriter.Nowhere : Error, task, total);

    /// <summary>
    /// Keeps the result of the command. With --json it is written when the command has succeeded: one object, in which the names of
    /// properties begin with small letters, numbers that are not finite are null, and enums are words. The name of the command, the
    /// pictures that were left out, and what a store of embeddings did are added.
    /// </summary>
    /// <param name="result">A record that serves no other purpose.</param>
    /// <exception cref="InvalidOperationException">There is a result already.</exception>
    public void Finish(object result)
    {
        if (_result is not null) throw new InvalidOperationException("The command has two results, expected one.");
        _result = result;
    }

    /// <summary>Writes the result of a command that has succeeded, if --json was given.</summary>
    /// <param name="command">The name of the command.</param>
    public void WriteResult(string command)
    {
        if (IsJson && _result is not null) Results.WriteLine(ResultJson.Write(command, _result, LeftOut.Reasons, Store.Counts));
    }
}
