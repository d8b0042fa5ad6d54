using System.Globalization;
using SkiaSharp;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>A picture beside the colors of its classes, with a legend of those that it has.</summary>
internal static class SegmentOverlay
{
    private const float ColorShare = 0.6f;

    private const int LegendLines = 24, Swatch = 12, Gap = 8;

    public static SKBitmap Draw(SKBitmap picture, ClassMap map)
    {
        double[] shares = map.Shares();
        SKColor[] palette = [.. Enumerable.Range(0, shares.Length).Select(ClassPalette.Color)];
        using var colors = Bitmaps.Paint(picture.Height, picture.Width, i =>
        {
            var (y, x) = Math.DivRem(i, picture.Width);
            int row = (int)((long)y * map.Height / picture.Height), column = (int)((long)x * map.Width / picture.Width);
            return palette[map.Classes[row * map.Width + column]];
        });
        var present = Enumerable.Range(0, shares.Length).Where(c => shares[c] > 0).OrderByDescending(c => shares[c]).Take(LegendLines)
            .Select(c => (Class: c, Text: Line(map.Labels[c], shares[c]))).ToArray();
        int legend = Swatch + Gap + (int)Math.Ceiling(present.Max(p => Captions.Width(p.Text)));
        int height = Math.Max(picture.Height, present.Length * Captions.LineHeight);
        var result = Bitmaps.Create(height, 2 * (picture.Width + Gap) + legend + Gap);
        using var canvas = new SKCanvas(result);
        canvas.Clear(SKColors.White);
        canvas.DrawBitmap(picture, 0, 0);
        canvas.DrawBitmap(picture, picture.Width + Gap, 0);
        using (var mix = new SKPaint { Color = SKColors.White.WithAlpha((byte)(255 * ColorShare)) })
            canvas.DrawBitmap(colors, picture.Width + Gap, 0, mix);
        int left = 2 * (picture.Width + Gap);
        for (int i = 0; i < present.Length; i++)
        {
            int top = i * Captions.LineHeight;
            using var paint = new SKPaint { Color = ClassPalette.Color(present[i].Class) };
            canvas.DrawRect(left, top + (Captions.LineHeight - Swatch) / 2f, Swatch, Swatch, paint);
            Captions.Draw(canvas, present[i].Text, left + Swatch + Gap, top);
        }

        return result;
    }

    private static string Line(string label, double share)
        => $"{Printable.Escape(label)} {share.ToString("P1", CultureInfo.InvariantCulture)}";
}
