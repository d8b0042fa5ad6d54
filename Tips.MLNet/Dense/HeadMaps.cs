using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>Turns the maps that heads give, at the decoder's resolution, into those of a picture.</summary>
internal static class HeadMaps
{
    /// <summary>Least length that a direction is divided by, as in PyTorch's <c>normalize</c>.</summary>
    private const float LeastNorm = 1e-12f;

    /// <summary>Enlarges meters bilinearly.</summary>
    /// <param name="map">height × width values.</param>
    /// <param name="size">Height and width of the map.</param>
    /// <param name="target">Height and width of the result.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static float[] Depth(
        ReadOnlySpan<float> map,
        (int Height, int Width) size,
        (int Height, int Width) target,
        CancellationToken cancellationToken = default)
        => Bilinear(map, size, target, channels: 1, cancellationToken);

    /// <summary>Makes directions of unit length and enlarges them.</summary>
    /// <param name="map">3 × height × width values.</param>
    /// <param name="size">Height and width of the map.</param>
    /// <param name="target">Height and width of the result.</param>
    /// <param name="style">How they are enlarged.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>height × width × 3 values.</returns>
    public static float[] Normals(
        ReadOnlySpan<float> map,
        (int Height, int Width) size,
        (int Height, int Width) target,
        NormalsStyle style,
        CancellationToken cancellationToken = default)
    {
        float[] unit = ToPixels(map, channels: 3);
        Normalize(unit);
        if (style == NormalsStyle.HuggingFace) return Bilinear(ToPlanes(unit, channels: 3), size, target, channels: 3, cancellationToken);
        float[] enlarged = ToPixels(
            BicubicEnlargement.Resize(ToPlanes(unit, channels: 3), size, target, cancellationToken), channels: 3);
        Normalize(enlarged);
        return enlarged;
    }

    /// <summary>Enlarges logits bilinearly and takes the best class of each pixel.</summary>
    /// <param name="map">classes × height × width values.</param>
    /// <param name="size">Height and width of the map.</param>
    /// <param name="target">Height and width of the result.</param>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static ClassMap Classes(
        ReadOnlySpan<float> map,
        (int Height, int Width) size,
        (int Height, int Width) target,
        IReadOnlyList<string> labels,
        CancellationToken cancellationToken = default)
    {
        using var scores = Scores(map, size, labels.Count);
        return ClassRows.Best(scores, target.Height, target.Width, labels, cancellationToken);
    }

    private static float[] Bilinear(
        ReadOnlySpan<float> map,
        (int Height, int Width) size,
        (int Height, int Width) target,
        int channels,
        CancellationToken cancellationToken)
    {
        float[] result = new float[target.Height * target.Width * channels];
        using var scores = Scores(map, size, channels);
        scores.Enlarge(
            target.Height,
            target.Width,
            (y, x, values) => values.CopyTo(result.AsSpan((y * target.Width + x) * channels)),
            cancellationToken);
        return result;
    }

    private static ScoreMap Scores(ReadOnlySpan<float> map, (int Height, int Width) size, int channels)
    {
        var scores = new ScoreMap(size.Height, size.Width, channels);
        ToPixels(map, channels).CopyTo(scores.Memory);
        return scores;
    }

    // From planes to the values of a pixel next to each other.
    private static float[] ToPixels(ReadOnlySpan<float> planes, int channels)
    {
        float[] pixels = new float[planes.Length];
        int count = planes.Length / channels;
        for (int channel = 0; channel < channels; channel++)
        {
            var plane = planes.Slice(channel * count, count);
            for (int i = 0; i < count; i++) pixels[i * channels + channel] = plane[i];
        }

        return pixels;
    }

    private static float[] ToPlanes(float[] pixels, int channels)
    {
        float[] planes = new float[pixels.Length];
        int count = pixels.Length / channels;
        for (int channel = 0; channel < channels; channel++)
        {
            for (int i = 0; i < count; i++) planes[channel * count + i] = pixels[i * channels + channel];
        }

        return planes;
    }

    private static void Normalize(float[] directions)
    {
        for (int start = 0; start < directions.Length; start += 3)
        {
            var direction = directions.AsSpan(start, 3);
            TensorPrimitives.Divide(direction, Math.Max(TensorPrimitives.Norm<float>(direction), LeastNorm), direction);
        }
    }
}
