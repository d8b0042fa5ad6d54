using Microsoft.ML.Data;

namespace Tips.MLNet.Images;

/// <summary>The pixels of ML.NET's images.</summary>
internal static class ImagePixels
{
    /// <exception cref="NotSupportedException">The application has SkiaSharp 3, with which ML.NET cannot give them.</exception>
    public static ReadOnlySpan<byte> Of(MLImage image)
    {
        try
        {
            return image.Pixels;
        }
        catch (MissingMethodException e)
        {
            throw new NotSupportedException(
                "ML.NET's images need SkiaSharp 2.88, but the application has another version. Use a column of paths or of bytes, which "
                + "works with SkiaSharp 2 and 3, or reference SkiaSharp 2.88.",
                e);
        }
    }
}
