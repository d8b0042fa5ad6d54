using SkiaSharp;

namespace Tips.MLNet.Samples.Common;

/// <summary>Rows of small pictures, each row under a caption, as one PNG.</summary>
internal static class ContactSheet
{
    private const int Cell = 112, Gap = 8, CaptionHeight = 22, FontSize = 15;

    public static void Save(string file, IReadOnlyList<(string Caption, IReadOnlyList<string> Pictures)> rows)
    {
        int columns = rows.Max(r => r.Pictures.Count), rowHeight = CaptionHeight + Cell + Gap;
        using var sheet = new SKBitmap(Gap + columns * (Cell + Gap), Gap + rows.Count * rowHeight, SKColorType.Bgra8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(sheet))
        using (var ink = new SKPaint { Color = SKColors.Black, IsAntialias = true, TextSize = FontSize })
        using (var fine = new SKPaint { FilterQuality = SKFilterQuality.High })
        {
            canvas.Clear(SKColors.White);
            for (int row = 0; row < rows.Count; row++)
            {
                int top = Gap + row * rowHeight;
                canvas.DrawText(rows[row].Caption, Gap, top + FontSize, ink);
                for (int column = 0; column < rows[row].Pictures.Count; column++)
                {
                    using var picture = SKBitmap.Decode(rows[row].Pictures[column]);
                    if (picture is null) continue;
                    float scale = Math.Min((float)Cell / picture.Width, (float)Cell / picture.Height), width = picture.Width * scale, height = picture.Height * scale;
                    float left = Gap + column * (Cell + Gap) + (Cell - width) / 2, y = top + CaptionHeight + (Cell - height) / 2;
                    canvas.DrawBitmap(picture, SKRect.Create(left, y, width, height), fine);
                }
            }
        }

        string partial = $"{file}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                if (!sheet.Encode(stream, SKEncodedImageFormat.Png, 100)) throw new SampleException($"The contact sheet '{file}' cannot be encoded.");
            }

            File.Move(partial, file, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }
}
