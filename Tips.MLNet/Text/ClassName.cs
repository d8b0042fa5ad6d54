using System.Text.RegularExpressions;

namespace Tips.MLNet;

/// <summary>Turns the names of classes, as folders have them, into words for prompts. Thread-safe.</summary>
public static partial class ClassName
{
    private const string ImageNetCode = @"n\d{8}";

    /// <summary>The readable form of a name.</summary>
    /// <param name="label">A name, such as that of a class folder.</param>
    /// <returns>The words with single spaces between them.</returns>
    /// <remarks>
    /// <list type="bullet">
    /// <item><c>_</c> becomes a space. In a name without spaces <c>-</c> and <c>+</c> between words do, too, and words that only capitals
    /// separate are split: <c>sunriseOverMountains</c> is "sunrise over mountains".</item>
    /// <item>In a name without spaces, words that begin with their only capital lose it: <c>RedApple</c> is "red apple",
    /// <c>Black_footed</c> is "black footed". Others keep theirs (<c>HTMLPage</c>: "HTML page"; <c>iPhone</c>), and so does a name of
    /// capitals only (<c>TV</c>, <c>A</c>).</item>
    /// <item>A name with spaces keeps its hyphens and capitals: "T-shirt folded".</item>
    /// <item>Of synonyms, "tench, Tinca tinca", the first one counts, as it is written.</item>
    /// <item>A number before a dot (<c>001.Albatross</c>) and an ImageNet code before or behind the name (<c>n02085620-Chihuahua</c>,
    /// "crane (n02012849)") are left out. A code alone stays as it is, and so does a name without any word.</item>
    /// </list>
    /// </remarks>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    public static string ToText(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        string name = Numbering().Replace(label.Trim(), "");
        if (OnlyCode().IsMatch(name)) return name;
        name = CodeBehind().Replace(CodeBefore().Replace(name, ""), "");
        int synonyms = name.IndexOf(", ", StringComparison.Ordinal);
        bool isWritten = synonyms > 0;
        if (isWritten) name = name[..synonyms];
        name = name.Replace('_', ' ').Trim().Length > 0 ? name : label;
        string text = isWritten || name.Trim().Any(char.IsWhiteSpace) ? name.Replace('_', ' ') : Split(name);
        text = WhiteSpace().Replace(text, " ").Trim();
        return text.Length > 0 ? text : label;
    }

    private static string Split(string name)
    {
        string words = WordBorder().Replace(Joint().Replace(name.Replace('_', ' '), " "), " ");
        return name.Any(char.IsLower) ? CapitalizedWord().Replace(words, word => LowerFirst(word.Value)) : words;
    }

    private static string LowerFirst(string word) => char.ToLowerInvariant(word[0]) + word[1..];

    [GeneratedRegex(@"^\d+\.(?=\p{L})", RegexOptions.CultureInvariant)]
    private static partial Regex Numbering();

    [GeneratedRegex($"^{ImageNetCode}$", RegexOptions.CultureInvariant)]
    private static partial Regex OnlyCode();

    [GeneratedRegex($@"^{ImageNetCode}[-_\s]+(?=\S)", RegexOptions.CultureInvariant)]
    private static partial Regex CodeBefore();

    [GeneratedRegex($@"(?<=\S)\s+\({ImageNetCode}\)$", RegexOptions.CultureInvariant)]
    private static partial Regex CodeBehind();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex WhiteSpace();

    // Not the signs of "C++" or "-5".
    [GeneratedRegex(@"(?<=[\p{L}\p{M}\p{N}'’.)])[-+]+(?=[\p{L}\p{N}(])", RegexOptions.CultureInvariant)]
    private static partial Regex Joint();

    // In "redApple" and "3Apples", but not in "iPhone"; in "HTMLPage", but not in "DVDs". Marks belong to the letter before them.
    [GeneratedRegex(
        @"(?<=[\p{L}\p{N}]\p{M}*\p{Ll}\p{M}*)(?=\p{Lu})|(?<=[\p{Lu}\p{Nd}]\p{M}*)(?=\p{Lu}\p{M}*\p{Ll})(?!\p{Lu}s(?!\p{L}))",
        RegexOptions.CultureInvariant)]
    private static partial Regex WordBorder();

    [GeneratedRegex(@"(?<![\p{L}\p{M}\p{N}'’])\p{Lu}(?![\p{L}\p{M}\p{N}'’]*\p{Lu})", RegexOptions.CultureInvariant)]
    private static partial Regex CapitalizedWord();
}
