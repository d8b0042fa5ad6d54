using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>The pictures that a sample goes on without, each with the reason, for the end of its run.</summary>
internal sealed class LeftOut
{
    public const string NothingRead = "No picture can be read.";

    // What is not a picture, whatever it is called.
    private static readonly string[] SpecialKinds = ["pipe", "socket", "device"];

    private readonly List<string> _reasons = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];

    /// <summary>Whether the first picture that would be left out ends the run instead.</summary>
    public bool IsStrict { get; set; }

    /// <summary>Pictures that were left out.</summary>
    public int Count => _reasons.Count;

    /// <summary>Why, for each picture that was left out.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>Pictures that were read.</summary>
    public int ReadCount { get; set; }

    /// <summary>Leaves a picture out.</summary>
    /// <param name="reason">A sentence that names the picture; the same one counts once.</param>
    /// <exception cref="SampleException">The run is strict.</exception>
    public void Add(string reason)
    {
        if (IsStrict) throw new SampleException(reason);
        if (_known.Add(reason)) _reasons.Add(reason);
    }

    /// <summary>Takes note of what was passed over while pictures were looked for.</summary>
    public void Add(IEnumerable<SkippedFile> skipped)
    {
        foreach (var file in skipped)
        {
            string reason = $"'{file.Path}': {file.Reason}.";
            if (SpecialKinds.Contains(file.Kind, StringComparer.Ordinal)) _notes.Add(reason);
            else Add(reason);
        }
    }

    /// <summary>Reads a picture, or leaves it out. Nothing else may fail in there, such as writing a result.</summary>
    public bool TryRead<T>(Func<T> read, out T value)
    {
        try
        {
            value = read();
            ReadCount++;
            return true;
        }
        catch (Exception e) when (IsFaultOfPicture(e))
        {
            Add(e.Message);
            value = default!;
            return false;
        }
    }

    /// <summary>What is wrong with the picture of a row of a pipeline; null if something else went wrong.</summary>
    public static string? ReasonOf(InvalidOperationException failureOfRow)
        => failureOfRow.InnerException is { } cause && IsFaultOfPicture(cause) ? cause.Message : null;

    /// <summary>Lists them.</summary>
    public void Report(TextWriter error)
    {
        foreach (string note in _notes) error.WriteLine($"passed over: {Printable.Escape(note)}");
        foreach (string reason in _reasons) error.WriteLine($"left out: {Printable.Escape(reason)}");
        if (Count > 0) error.WriteLine($"{Count} picture(s) left out; with --strict, the first one ends the run.");
    }

    private static bool IsFaultOfPicture(Exception e) => e is InvalidDataException or IOException or UnauthorizedAccessException;
}
