using SkiaSharp;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Rows of small pictures, each under a caption, as one PNG.</summary>
internal static class ContactSheet
{
    private const int MaximumRows = 200, MaximumColumns = 20;

    private const int Cell = 112, Gap = 8, CaptionHeight = 22, FontSize = 15;

    public static void Save(string file, IReadOnlyList<(string Caption, IReadOnlyList<string> Pictures)> rows)
    {
        if (rows.Count > MaximumRows)
            throw new SampleException($"A contact sheet of {rows.Count} rows was requested, expected at most {MaximumRows}.");
        using var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true, TextSize = FontSize };
        string[] captions = [.. rows.Select(r => Printable.Escape(r.Caption))];
        int columns = Math.Min(rows.Max(r => r.Pictures.Count), MaximumColumns), rowHeight = CaptionHeight + Cell + Gap;
        int captionWidth = Math.Min((int)captions.Max(c => WithFontFor(ink, c).MeasureText(c)), MaximumColumns * (Cell + Gap));
        int width = Math.Max(Gap + columns * (Cell + Gap), captionWidth + 2 * Gap);
        using var sheet = new SKBitmap(width, Gap + rows.Count * rowHeight, SKColorType.Bgra8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(sheet))
        {
            canvas.Clear(SKColors.White);
            for (int row = 0; row < rows.Count; row++)
            {
                int top = Gap + row * rowHeight;
                canvas.DrawText(captions[row], Gap, top + FontSize, WithFontFor(ink, captions[row]));
                for (int column = 0; column < Math.Min(rows[row].Pictures.Count, MaximumColumns); column++)
                    Draw(canvas, rows[row].Pictures[column], Gap + column * (Cell + Gap), top + CaptionHeight);
            }
        }

        OutputFile.Write(file, partial =>
        {
            using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write);
            if (!sheet.Encode(stream, SKEncodedImageFormat.Png, 100))
                throw new SampleException($"The contact sheet '{file}' cannot be encoded.");
        });
    }

    private static void Draw(SKCanvas canvas, string file, float left, float top)
    {
        using var picture = SKBitmap.Decode(file);
        if (picture is null) return;
        using var paint = new SKPaint { FilterQuality = SKFilterQuality.High };
        float scale = Math.Min((float)Cell / picture.Width, (float)Cell / picture.Height);
        float width = Math.Max(picture.Width * scale, 1), height = Math.Max(picture.Height * scale, 1);
        canvas.DrawBitmap(picture, SKRect.Create(left + (Cell - width) / 2, top + (Cell - height) / 2, width, height), paint);
    }

    // Chooses a font that has the first character which the default font may lack.
    private static SKPaint WithFontFor(SKPaint ink, string text)
    {
        int special = text.EnumerateRunes().FirstOrDefault(r => !r.IsAscii).Value;
        ink.Typeface = special == 0
            ? SKTypeface.Default
            : SKFontManager.Default.MatchCharacter(special) ?? SKTypeface.Default;
        return ink;
    }
}
