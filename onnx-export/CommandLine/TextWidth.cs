using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Tips.CommandLine;

/// <summary>Widths of texts on a terminal: Chinese, Japanese and Korean characters and emoji take two cells.</summary>
internal static partial class TextWidth
{
    private const string Ellipsis = "…";

    /// <summary>Cells that a text takes. Colors take none.</summary>
    public static int Of(string text)
        => (text.Contains('\e', StringComparison.Ordinal) ? Colors().Replace(text, "") : text).GetCellWidth();

    /// <summary>A text of at most so many cells: the middle of a longer one becomes "…", since both ends of a name say something.</summary>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width) return text;
        string[] characters = [.. Characters(text)];
        int right = (width - 1) / 2, left = width - 1 - right;
        return Take(characters, left) + Ellipsis + Take([.. characters.Reverse()], right, reversed: true);
    }

    private static string Take(string[] characters, int width, bool reversed = false)
    {
        int count = 0, taken = 0;
        while (count < characters.Length && taken + Of(characters[count]) <= width) taken += Of(characters[count++]);
        return string.Concat(reversed ? characters.Take(count).Reverse() : characters.Take(count));
    }

    private static IEnumerable<string> Characters(string text)
    {
        for (var characters = StringInfo.GetTextElementEnumerator(text); characters.MoveNext();)
            yield return characters.GetTextElement();
    }

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colors();
}
