using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>Gets pictures from ML.NET's producers, each of which disposes what it gave at its next row.</summary>
internal static class ReceivedImage
{
    /// <summary>Asks for the current row's picture, handing the last one back as ML.NET's contract requires.</summary>
    /// <param name="getter">The producer's getter.</param>
    /// <param name="image">The producer's object before and after; null where there is none.</param>
    public static void Get(ValueGetter<MLImage> getter, ref MLImage? image)
    {
        getter(ref image!);
        if (image is not null && IsDisposed(image)) image = null;
    }

    // If a picture is missing, ResizeImages and ConvertToGrayscale dispose the last one and leave it in place.
    private static bool IsDisposed(MLImage image)
    {
        try
        {
            return image.Width < 0;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
