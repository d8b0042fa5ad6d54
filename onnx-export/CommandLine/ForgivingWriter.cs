using System.Text;

namespace Tips.CommandLine;

/// <summary>
/// A writer that remembers errors instead of throwing them: work must not fail because nobody can read its messages (a closed pipe, a full
/// disk).
/// </summary>
internal sealed class ForgivingWriter(TextWriter inner) : TextWriter
{
    /// <summary>The first error, or null.</summary>
    public Exception? Failure { get; private set; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure ??= e;
        }
    }
}
