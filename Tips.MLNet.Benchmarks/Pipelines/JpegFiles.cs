using SkiaSharp;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>JPEG files that resemble pictures of cameras: soft shapes.</summary>
internal static class JpegFiles
{
    private const int Quality = 90, Shapes = 40;

    public static string[] Write(string folder, int count, int width = 640, int height = 480)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(1);
        string[] files = new string[count];
        using var bitmap = new SKBitmap(width, height);
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { IsAntialias = true, MaskFilter = SKMaskFilter.CreateBlur(SKBlurStyle.Normal, 3) };
        for (int i = 0; i < count; i++)
        {
            canvas.Clear(Color());
            for (int shape = 0; shape < Shapes; shape++)
            {
                paint.Color = Color();
                canvas.DrawCircle(random.Next(width), random.Next(height), random.Next(5, 120) * width / 640, paint);
            }

            canvas.Flush();
            files[i] = Path.Combine(folder, $"{i:D4}.jpg");
            using var file = File.Create(files[i]);
            bitmap.Encode(file, SKEncodedImageFormat.Jpeg, Quality);
        }

        return files;

        SKColor Color() => new((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(100, 256));
    }
}
