using SkiaSharp;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>Small texts in pictures.</summary>
internal static class Captions
{
    public const int LineHeight = 20, FontSize = 14;

    /// <summary>Draws a line of text; <paramref name="top"/> is where the line begins.</summary>
    public static void Draw(SKCanvas canvas, string text, float left, float top)
    {
        using var ink = Ink(text);
        canvas.DrawText(text, left, top + FontSize, ink);
    }

    /// <summary>The width of a line of text.</summary>
    public static float Width(string text)
    {
        using var ink = Ink(text);
        return ink.MeasureText(text);
    }

    // A font that has the first character which the default font may lack.
    private static SKPaint Ink(string text)
    {
        int special = text.EnumerateRunes().FirstOrDefault(r => !r.IsAscii).Value;
        return new SKPaint
        {
            Color = SKColors.Black,
            IsAntialias = true,
            TextSize = FontSize,
            Typeface = special == 0 ? SKTypeface.Default : SKFontManager.Default.MatchCharacter(special) ?? SKTypeface.Default,
        };
    }
}
