using System.Globalization;
using System.Text;

namespace Tips.CommandLine;

/// <summary>Makes text from files safe to print on a terminal.</summary>
internal static class Printable
{
    /// <summary>
    /// Writes control, format and separator characters as <c>\u001b</c>: a checkpoint key must not move the cursor or reorder a line.
    /// </summary>
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            bool isUnsafe = char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            if (isUnsafe) result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else result.Append(c);
        }

        return result.ToString();
    }
}
