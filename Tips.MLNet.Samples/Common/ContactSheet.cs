using SkiaSharp;
using Tips.CommandLine;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Common;

/// <summary>Rows of small pictures, each under a caption, as one PNG.</summary>
internal static class ContactSheet
{
    private const int MaximumRows = 200, MaximumColumns = 20;

    private const int Cell = 112, Gap = 8, CaptionHeight = 22;

    public static void Save(
        SampleContext context, string file, IReadOnlyList<(string Caption, IReadOnlyList<string> Pictures)> rows)
    {
        if (rows.Count > MaximumRows)
            throw new SampleException($"A contact sheet of {rows.Count} rows was requested, expected at most {MaximumRows}.");
        string[] captions = [.. rows.Select(r => Printable.Escape(r.Caption))];
        int columns = Math.Min(rows.Max(r => r.Pictures.Count), MaximumColumns), rowHeight = CaptionHeight + Cell + Gap;
        int captionWidth = Math.Min((int)captions.Max(Captions.Width), MaximumColumns * (Cell + Gap));
        int width = Math.Max(Gap + columns * (Cell + Gap), captionWidth + 2 * Gap);
        using var sheet = new SKBitmap(width, Gap + rows.Count * rowHeight, SKColorType.Bgra8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(sheet))
        {
            canvas.Clear(SKColors.White);
            for (int row = 0; row < rows.Count; row++)
            {
                int top = Gap + row * rowHeight;
                Captions.Draw(canvas, captions[row], Gap, top);
                for (int column = 0; column < Math.Min(rows[row].Pictures.Count, MaximumColumns); column++)
                    Draw(canvas, context.Open(rows[row].Pictures[column]), Gap + column * (Cell + Gap), top + CaptionHeight);
            }
        }

        Bitmaps.Save(sheet, file);
    }

    private static void Draw(SKCanvas canvas, ImageSource source, float left, float top)
    {
        using var image = source.Decode();
        using var picture = Bitmaps.From(image);
        using var paint = new SKPaint { FilterQuality = SKFilterQuality.High };
        float scale = Math.Min((float)Cell / picture.Width, (float)Cell / picture.Height);
        float width = Math.Max(picture.Width * scale, 1), height = Math.Max(picture.Height * scale, 1);
        canvas.DrawBitmap(picture, SKRect.Create(left + (Cell - width) / 2, top + (Cell - height) / 2, width, height), paint);
    }
}
