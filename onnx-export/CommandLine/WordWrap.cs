using System.Text;

namespace Tips.CommandLine;

/// <summary>Breaks prose into lines, between words.</summary>
internal static class WordWrap
{
    // A blank where no line is broken: a character that no text has (it is reserved for uses like this one).
    private const char KeptBlank = '\uFDD0';

    private const string Percent = " %";

    /// <summary>Text that is never broken, such as the path of a file. Only a <see cref="WrappingWriter"/> may write it.</summary>
    public static string Keep(string text) => text.Replace(' ', KeptBlank);

    /// <summary>
    /// The lines of a line that may be too long. They begin with the same blanks. What is longer than a line sticks out: a word, or what
    /// stands in single quotes, such as a path that a user may copy.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="width">Cells on a line.</param>
    /// <param name="quotes">Characters that hold together what stands between two of them.</param>
    public static IEnumerable<string> Lines(string line, int width, string quotes = "'")
    {
        if (TextWidth.Of(line) <= width) return [Unmark(line)];
        return Break(line, width, quotes).Select(Unmark);
    }

    private static IEnumerable<string> Break(string line, int width, string quotes)
    {
        string indent = line[..(line.Length - line.TrimStart(' ').Length)];
        if (indent.Length > width / 2) indent = "";
        var current = new StringBuilder();
        int used = 0;
        foreach (var (blanks, word) in Words(line, quotes))
        {
            int length = TextWidth.Of(word);
            if (used > 0 && used + blanks.Length + length > width)
            {
                yield return current.ToString();
                current.Clear().Append(indent).Append(word);
                used = indent.Length + length;
            }
            else
            {
                current.Append(blanks).Append(word);
                used += blanks.Length + length;
            }
        }

        yield return current.ToString();
    }

    private static string Unmark(string line) => line.Replace(KeptBlank, ' ');

    // Each word, with the blanks before it.
    private static IEnumerable<(string Blanks, string Word)> Words(string line, string quotes)
    {
        int at = 0;
        while (at < line.Length)
        {
            int start = at;
            while (start < line.Length && line[start] == ' ') start++;
            int end = start;
            while (end < line.Length && line[end] != ' ') end = Math.Max(end, EndOfQuote(line, end, quotes)) + 1;
            // A number keeps its sign of percent.
            if (string.CompareOrdinal(line, end, Percent, 0, Percent.Length) == 0)
            {
                end += Percent.Length;
                while (end < line.Length && line[end] != ' ') end++;
            }

            yield return (line[at..start], line[start..end]);
            at = end;
        }
    }

    // Where what is quoted from here on ends; -1 if no quote begins here. An apostrophe within a word is no quote.
    private static int EndOfQuote(string line, int at, string quotes)
    {
        char quote = line[at];
        if (!quotes.Contains(quote) || (at > 0 && char.IsLetterOrDigit(line[at - 1]))) return -1;
        for (int i = at + 1; i < line.Length; i++)
        {
            if (line[i] == quote && (i + 1 == line.Length || !char.IsLetterOrDigit(line[i + 1]))) return i;
        }

        return -1;
    }
}
