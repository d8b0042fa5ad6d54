using Microsoft.ML.Data;
using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Tests.Support;

/// <summary>Pictures made in memory.</summary>
internal static class TestPictures
{
    /// <summary>Opaque BGRA pixels of random bytes.</summary>
    public static byte[] RandomPixels(string name, int height, int width)
    {
        byte[] rgb = FormulaValues.Picture(name, height, width, seed: 7);
        byte[] pixels = new byte[height * width * 4];
        for (int i = 0; i < height * width; i++)
        {
            rgb.AsSpan(i * 3, 3).CopyTo(pixels.AsSpan(i * 4));
            pixels[i * 4 + 3] = 255;
        }

        return pixels;
    }

    public static MLImage Random(string name, int height = 40, int width = 50) => MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, RandomPixels(name, height, width));

    /// <summary>The input tensor of a formula picture that already has the input's size.</summary>
    public static float[] FormulaInput(int height, int width, ulong seed)
    {
        byte[] rgb = FormulaValues.Picture("image", height, width, seed);
        float[] planes = new float[rgb.Length];
        int count = height * width;
        for (int i = 0; i < rgb.Length; i++) planes[i % 3 * count + i / 3] = rgb[i] / 255f;
        return planes;
    }
}
