using SkiaSharp;

namespace Tips.MLNet.Tests.Support;

/// <summary>Pictures as they come back from the web: made smaller, and saved as JPEG of low quality.</summary>
internal static class DegradedPicture
{
    /// <param name="source">The picture.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="scale">Factor of its sides.</param>
    /// <param name="quality">JPEG quality, 0 to 100.</param>
    public static void Write(string source, string target, double scale, int quality)
    {
        using var picture = SKBitmap.Decode(source);
        var size = new SKImageInfo((int)(picture.Width * scale), (int)(picture.Height * scale));
        using var small = picture.Resize(size, SKFilterQuality.High);
        using var data = small.Encode(SKEncodedImageFormat.Jpeg, quality);
        File.WriteAllBytes(target, data.ToArray());
    }
}
