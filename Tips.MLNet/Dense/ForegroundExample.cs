using System.Drawing;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;

namespace Tips.MLNet;

/// <summary>
/// A picture whose foreground is known, for <see cref="ForegroundClassifier.Train"/>: the embeddings of its patches, and how much of each
/// is foreground. Immutable and thread-safe.
/// </summary>
public sealed class ForegroundExample
{
    /// <summary>A patch is used for training if less than this share of it is foreground, or less than this share is background.</summary>
    private const float Clear = 0.01f;

    internal static readonly PatchOptions LastLayer = new();

    private readonly float[] _maskMeans;

    internal ForegroundExample(PatchFeatures patches, float[] maskMeans) => (Patches, _maskMeans) = (patches, maskMeans);

    /// <summary>The patches.</summary>
    public PatchFeatures Patches { get; }

    /// <summary>The share of each patch that is foreground, row by row, from 0 to 1.</summary>
    public ReadOnlySpan<float> MaskMeans => _maskMeans;

    /// <summary>Number of patches that are used: nearly all foreground, or nearly none.</summary>
    public int UsedCount => _maskMeans.Count(IsUsed);

    /// <summary>Number of patches that count as foreground: all that are used and have any.</summary>
    public int PositiveCount => _maskMeans.Count(m => IsUsed(m) && m > 0);

    /// <summary>Embeds a picture and reads its mask.</summary>
    /// <param name="model">The model.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="mask">
    /// A picture of the same size: where its alpha channel is opaque, there is foreground. If it is opaque everywhere, as a file without an
    /// alpha channel is, its brightness counts instead: white is foreground.
    /// </param>
    /// <param name="imageHeight">
    /// What the height is resized to; the width keeps the ratio, rounded down to whole patches. Null for the model's own height.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The example.</returns>
    /// <exception cref="ArgumentException">The height is no multiple of the patch size.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A picture cannot be read, or the mask has another size.</exception>
    /// <exception cref="IOException">A file or a stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model has no image encoder, or cannot be run; or the picture is too wide.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ForegroundExample Create(
        TipsModel model, ImageSource picture, ImageSource mask, int? imageHeight = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(mask);
        var patches = Embed(model, picture, imageHeight, out var size, cancellationToken);
        using var decoded = mask.Open(background: null, cancellationToken);
        if ((decoded.Height, decoded.Width) != size)
        {
            throw new InvalidDataException(
                $"Mask '{mask.Name}' has {decoded.Height}x{decoded.Width} pixels (height x width), but picture '{picture.Name}' has "
                + $"{size.Height}x{size.Width}.");
        }

        return new ForegroundExample(patches, MeansOf(decoded, patches, model.Images.PatchSize));
    }

    /// <summary>Whether a patch with this share of foreground is used.</summary>
    internal static bool IsUsed(float maskMean) => maskMean is < Clear or > 1 - Clear;

    /// <summary>The patches of a picture in the size that foreground classifiers see it.</summary>
    internal static PatchFeatures Embed(
        TipsModel model, ImageSource picture, int? imageHeight, out (int Height, int Width) size, CancellationToken cancellationToken)
    {
        using var call = model.EnterCall();
        int height = imageHeight ?? model.ImageHeight, patch = model.Images.PatchSize;
        if (height <= 0 || height % patch != 0)
        {
            throw new ArgumentException(
                $"The image height {height} does not fit, expected a positive multiple of the patch size {patch}.", nameof(imageHeight));
        }

        model.Images.Patches.Check(LastLayer, isModelSize: false);
        ResizedPicture resized;
        using (var decoded = picture.Open(Color.White, cancellationToken))
        {
            size = (decoded.Height, decoded.Width);
            resized = Resize(decoded, picture.Name, height, patch, Color.White);
        }

        return Embed(model, picture.Name, resized, cancellationToken);
    }

    /// <summary>The same for a picture that was resized already.</summary>
    internal static PatchFeatures Embed(TipsModel model, string name, ResizedPicture picture, CancellationToken cancellationToken)
        => model.Images.Patches.Embed(name, picture, PatchLayout.Whole(picture.Height, picture.Width), LastLayer, cancellationToken);

    /// <summary>Resizes a picture to a height; its width keeps the ratio, rounded down to whole patches.</summary>
    /// <exception cref="InvalidOperationException">It is too wide.</exception>
    internal static ResizedPicture Resize(DecodedPicture picture, string name, int height, int patch, Color background)
    {
        long width = Math.Max((long)picture.Width * height / ((long)picture.Height * patch), 1) * patch;
        if (width / patch * (height / patch) > PatchOptions.DefaultMaximumPatches)
        {
            throw new InvalidOperationException(
                $"Picture '{name}' is too wide: resized to {height}x{width} (height x width), it would have "
                + $"{width / patch * (height / patch):N0} patches, expected at most {PatchOptions.DefaultMaximumPatches:N0}.");
        }

        return ResizedPicture.From(picture, height, (int)width, ResizeKernel.Bilinear, background);
    }

    // The mask is resized as the picture is, on 8 bits; then each patch is averaged.
    private static float[] MeansOf(DecodedPicture mask, PatchFeatures patches, int patch)
    {
        var (height, width) = (patches.Rows * patch, patches.Columns * patch);
        var pixels = mask.Pixels;
        bool isOpaque = mask.IsOpaque || PixelOperations.IsOpaque(pixels);
        byte[] resized = new byte[height * width * 4];
        PillowResize.Resize(pixels, mask.Width, mask.Height, resized, width, height);
        float[] means = new float[patches.Count];
        for (int i = 0; i < means.Length; i++)
        {
            double sum = 0;
            for (int y = 0; y < patch; y++)
            {
                int start = ((i / patches.Columns * patch + y) * width + i % patches.Columns * patch) * 4;
                for (int x = 0; x < patch; x++, start += 4)
                    sum += isOpaque ? (resized[start] + resized[start + 1] + resized[start + 2]) / 3.0 : resized[start + 3];
            }

            means[i] = (float)(sum / (byte.MaxValue * patch * patch));
        }

        return means;
    }
}
