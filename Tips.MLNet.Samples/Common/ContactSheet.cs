using SkiaSharp;
using Tips.CommandLine;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Common;

/// <summary>A row of a contact sheet.</summary>
/// <param name="Caption">What stands above it.</param>
/// <param name="Pictures">Its pictures.</param>
internal sealed record SheetRow(string Caption, IReadOnlyList<SheetPicture> Pictures);

/// <summary>A picture of a contact sheet.</summary>
/// <param name="Path">The file.</param>
/// <param name="Score">A cosine, a probability or another number that stands before its name; null for none.</param>
/// <param name="Class">Its class or a remark, which stands below its name; empty for none.</param>
internal sealed record SheetPicture(string Path, double? Score = null, string Class = "");

/// <summary>Rows of small pictures as one PNG: each row under a caption, each picture above its score, name and class.</summary>
internal static class ContactSheet
{
    private const int MaximumRows = 200, MaximumColumns = 20;

    private const int Cell = 128, Gap = 12, Margin = 12, CaptionHeight = 26, LineHeight = 16, LineSize = 12, LongestCaption = 1600;

    private static readonly SKColor Faint = new(96, 96, 96);

    /// <summary>Checks that a sheet can be written to a file.</summary>
    public static void Check(SampleContext context, string file)
    {
        context.CheckOutput(file);
        if (!Path.GetExtension(file).Equals(".png", StringComparison.OrdinalIgnoreCase))
            throw new SampleException($"The contact sheet '{file}' is a PNG, expected FILE.png.");
    }

    public static void Save(SampleContext context, string file, IReadOnlyList<SheetRow> rows)
    {
        if (rows.Count > MaximumRows)
            throw new SampleException($"A contact sheet of {rows.Count} rows was requested, expected at most {MaximumRows}.");
        string[] captions = [.. rows.Select(r => Captions.Cut(Printable.Escape(r.Caption), LongestCaption))];
        int columns = Math.Clamp(rows.Max(r => r.Pictures.Count), 1, MaximumColumns);
        int lines = rows.Any(r => r.Pictures.Any(p => p.Class.Length > 0)) ? 2 : 1;
        int rowHeight = CaptionHeight + Cell + lines * LineHeight + Gap;
        int width = Math.Max(columns * (Cell + Gap) - Gap, (int)Math.Ceiling(captions.Max(c => Captions.Width(c)))) + 2 * Margin;
        using var sheet = Bitmaps.Create(2 * Margin + rows.Count * rowHeight - Gap, width);
        using (var canvas = new SKCanvas(sheet))
        {
            canvas.Clear(SKColors.White);
            for (int row = 0; row < rows.Count; row++)
            {
                int top = Margin + row * rowHeight;
                Captions.Draw(canvas, captions[row], Margin, top);
                foreach (var (column, picture) in rows[row].Pictures.Take(MaximumColumns).Index())
                    Draw(canvas, context, picture, Margin + column * (Cell + Gap), top + CaptionHeight);
            }
        }

        Bitmaps.Save(sheet, file);
    }

    private static void Draw(SKCanvas canvas, SampleContext context, SheetPicture picture, float left, float top)
    {
        using (var image = context.Open(picture.Path).Decode())
        using (var bitmap = Bitmaps.From(image))
        using (var paint = new SKPaint { FilterQuality = SKFilterQuality.High })
        {
            float scale = Math.Min((float)Cell / bitmap.Width, (float)Cell / bitmap.Height);
            float width = Math.Max(bitmap.Width * scale, 1), height = Math.Max(bitmap.Height * scale, 1);
            canvas.DrawBitmap(bitmap, SKRect.Create(left + (Cell - width) / 2, top + (Cell - height) / 2, width, height), paint);
        }

        string score = picture.Score is { } number ? Format.Score(number) + " " : "";
        float used = Captions.Width(score, LineSize);
        Captions.Draw(canvas, score, left, top + Cell, LineSize);
        string name = Captions.Cut(Printable.Escape(Path.GetFileName(picture.Path)), Cell - used, LineSize);
        Captions.Draw(canvas, name, left + used, top + Cell, LineSize, Faint);
        string label = Captions.Cut(Printable.Escape(picture.Class), Cell, LineSize);
        Captions.Draw(canvas, label, left, top + Cell + LineHeight, LineSize);
    }
}
