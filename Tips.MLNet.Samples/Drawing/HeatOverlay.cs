using System.Globalization;
using SkiaSharp;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>A map of numbers over a picture, with a scale beside it and one spot marked.</summary>
internal static class HeatOverlay
{
    private const float HeatShare = 0.55f;

    private const int ScaleWidth = 16, Gap = 10, Margin = 4;

    /// <param name="picture">The picture.</param>
    /// <param name="values">A number for each pixel of the picture, row by row.</param>
    /// <param name="range">The numbers at the ends of the scale.</param>
    /// <param name="spot">Center of the mark, in pixels; null for none.</param>
    /// <param name="caption">What the map shows.</param>
    public static SKBitmap Draw(SKBitmap picture, float[] values, (float Low, float High) range, SKPoint? spot, string caption)
    {
        double span = Math.Max(range.High - range.Low, 1e-8f);
        using var heat = Bitmaps.Paint(picture.Height, picture.Width, i => Turbo.Color((values[i] - range.Low) / span));
        string[] ends = [Label(range.High), Label(range.Low)];
        int labels = (int)Math.Ceiling(ends.Max(e => Captions.Width(e)));
        int top = Captions.LineHeight + Margin, right = picture.Width + Gap;
        int width = Math.Max(right + ScaleWidth + Margin + labels + Margin, (int)Captions.Width(caption) + 2 * Margin);
        var result = Bitmaps.Create(top + picture.Height, width);
        using var canvas = new SKCanvas(result);
        canvas.Clear(SKColors.White);
        Captions.Draw(canvas, caption, Margin, Margin / 2f);
        canvas.DrawBitmap(picture, 0, top);
        using (var mix = new SKPaint { Color = SKColors.White.WithAlpha((byte)(255 * HeatShare)) }) canvas.DrawBitmap(heat, 0, top, mix);
        DrawScale(canvas, right, top, picture.Height);
        Captions.Draw(canvas, ends[0], right + ScaleWidth + Margin, top);
        Captions.Draw(canvas, ends[1], right + ScaleWidth + Margin, top + picture.Height - Captions.LineHeight);
        if (spot is { } center) DrawMark(canvas, center.X, center.Y + top);
        return result;
    }

    private static string Label(float value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static void DrawScale(SKCanvas canvas, int left, int top, int height)
    {
        using var paint = new SKPaint();
        for (int y = 0; y < height; y++)
        {
            paint.Color = Turbo.Color(1 - (double)y / Math.Max(height - 1, 1));
            canvas.DrawRect(left, top + y, ScaleWidth, 1, paint);
        }
    }

    // White under black, so that it shows on any color.
    private static void DrawMark(SKCanvas canvas, float x, float y)
    {
        foreach (var (color, width) in ((SKColor, float)[])[(SKColors.White, 5), (SKColors.Black, 2)])
        {
            using var pen = new SKPaint { Color = color, StrokeWidth = width, Style = SKPaintStyle.Stroke, IsAntialias = true };
            canvas.DrawCircle(x, y, 9, pen);
            canvas.DrawLine(x - 14, y, x - 4, y, pen);
            canvas.DrawLine(x + 4, y, x + 14, y, pen);
            canvas.DrawLine(x, y - 14, x, y - 4, pen);
            canvas.DrawLine(x, y + 4, x, y + 14, pen);
        }
    }
}
