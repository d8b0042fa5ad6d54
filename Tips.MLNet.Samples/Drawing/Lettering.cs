using System.Collections.Concurrent;
using System.Text;
using SkiaSharp;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>
/// The font of all pictures: the bundled Noto Sans (Latin, Greek, Cyrillic), so that they are the same on every computer, with fonts or
/// without. Only a character that it lacks is taken from the system's fonts; if no font has it, a box stands in its place.
/// </summary>
internal static class Lettering
{
    private const string Resource = "NotoSans-Regular.ttf";

    private static readonly SKTypeface Bundled = Load();

    private static readonly ConcurrentDictionary<Rune, SKTypeface> Others = new();

    /// <summary>Parts of a text that have one font each.</summary>
    public static IEnumerable<(string Text, SKTypeface Typeface)> Parts(string text)
    {
        var part = new StringBuilder();
        SKTypeface? typeface = null;
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsVariation(rune)) continue;
            var next = Has(Bundled, rune) ? Bundled : Others.GetOrAdd(rune, FromSystem);
            if (typeface is not null && !ReferenceEquals(next, typeface))
            {
                yield return (part.ToString(), typeface);
                part.Clear();
            }

            typeface = next;
            part.Append(rune.ToString());
        }

        if (typeface is not null) yield return (part.ToString(), typeface);
    }

    // The bundled font draws a box for what it lacks.
    private static SKTypeface FromSystem(Rune rune)
        => SKFontManager.Default.MatchCharacter(rune.Value) is { } found && Has(found, rune) ? found : Bundled;

    private static bool Has(SKTypeface typeface, Rune rune) => typeface.ContainsGlyph(rune.Value);

    // They only choose the style of an emoji.
    private static bool IsVariation(Rune rune) => rune.Value is >= 0xFE00 and <= 0xFE0F;

    private static SKTypeface Load()
    {
        using var stream = typeof(Lettering).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program has no resource '{Resource}'.");
        return SKTypeface.FromStream(stream) ?? throw new InvalidOperationException($"The resource '{Resource}' is not a font.");
    }
}
