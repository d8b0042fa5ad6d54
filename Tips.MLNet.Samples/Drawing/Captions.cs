using System.Globalization;
using SkiaSharp;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>Small texts in pictures.</summary>
internal static class Captions
{
    public const int LineHeight = 20, FontSize = 14;

    private const string Ellipsis = "…";

    /// <summary>Draws a line of text; <paramref name="top"/> is where the line begins.</summary>
    public static void Draw(SKCanvas canvas, string text, float left, float top, float size = FontSize, SKColor? color = null)
    {
        foreach (var (part, typeface) in Lettering.Parts(text))
        {
            using var ink = Ink(typeface, size);
            ink.Color = color ?? SKColors.Black;
            canvas.DrawText(part, left, top + size, ink);
            left += ink.MeasureText(part);
        }
    }

    /// <summary>The width of a line of text.</summary>
    public static float Width(string text, float size = FontSize)
    {
        float width = 0;
        foreach (var (part, typeface) in Lettering.Parts(text))
        {
            using var ink = Ink(typeface, size);
            width += ink.MeasureText(part);
        }

        return width;
    }

    /// <summary>A text that is no wider than that: the middle of a longer one becomes "…".</summary>
    public static string Cut(string text, float width, float size = FontSize)
    {
        if (Width(text, size) <= width) return text;
        int[] starts = StringInfo.ParseCombiningCharacters(text);
        for (int kept = starts.Length - 1; kept > 0; kept--)
        {
            int left = (kept + 1) / 2, right = kept / 2;
            string end = right == 0 ? "" : text[starts[^right]..];
            string cut = text[..starts[left]] + Ellipsis + end;
            if (Width(cut, size) <= width) return cut;
        }

        return Ellipsis;
    }

    private static SKPaint Ink(SKTypeface typeface, float size)
        => new() { IsAntialias = true, SubpixelText = true, TextSize = size, Typeface = typeface };
}
