using Tips.MLNet.Encoders;

namespace Tips.MLNet;

/// <summary>In what size the patches of a picture are embedded. Immutable and thread-safe.</summary>
public abstract class PatchInput
{
    private protected PatchInput()
    {
    }

    /// <summary>
    /// The picture is resized straight to the model's own size, whatever its aspect ratio, as <see cref="TipsModel.EmbedImage"/> does.
    /// </summary>
    public static PatchInput ModelSize { get; } = new ModelSizeInput();

    /// <summary>The picture keeps its aspect ratio. Both sides are rounded to whole patches, and have at least one.</summary>
    /// <param name="pixels">What its shorter side is resized to.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="pixels"/> is not positive.</exception>
    public static PatchInput ShortSide(int pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pixels);
        return new ShortSideInput(pixels);
    }

    /// <summary>The picture is not resized.</summary>
    /// <param name="pad">
    /// What happens to a picture whose sides are not multiples of the patch size: if true, zeros (black) are put around it as TIPS's Scenic
    /// code does, half of them, rounded down, above and to the left; if false, it is refused.
    /// </param>
    /// <returns>The input.</returns>
    public static PatchInput AsIs(bool pad = false) => new UnchangedInput(pad);

    /// <summary>
    /// The picture goes through the model window by window, so it may be of any size. Its sides are rounded to whole patches; windows
    /// begin at whole patches; those at the right and lower border are shifted inside; patches in several windows are averaged. A picture
    /// smaller than a window has one of its own size.
    /// </summary>
    /// <param name="side">Side of a square window in pixels, a multiple of the patch size; null for the model's own size.</param>
    /// <param name="stride">
    /// Pixels from one window to the next, a multiple of the patch size, at most a side; null for three quarters of a side, rounded down to
    /// whole patches.
    /// </param>
    /// <param name="shortSide">What the picture's shorter side is resized to first; null keeps its size.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive, or the stride is larger than the side.</exception>
    public static PatchInput Windows(int? side = null, int? stride = null, int? shortSide = null)
    {
        if (side is { } s) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(s, nameof(side));
        if (stride is { } step) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step, nameof(stride));
        if (shortSide is { } shorter) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shorter, nameof(shortSide));
        if (side is { } known && stride is { } wide) ArgumentOutOfRangeException.ThrowIfGreaterThan(wide, known, nameof(stride));
        return new WindowsInput(side, stride, shortSide);
    }

    /// <summary>Whether each picture runs as a whole, and nothing but it.</summary>
    internal virtual bool IsPictureAlone => true;

    /// <summary>Lays out a picture.</summary>
    /// <param name="height">Its height in pixels.</param>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="model">Height and width of the model's own input.</param>
    /// <param name="patch">Side of a patch.</param>
    /// <exception cref="ArgumentException">The picture, or the input, does not fit.</exception>
    internal abstract PatchLayout Layout(int height, int width, (int Height, int Width) model, int patch);

    private protected static int WholePatches(double pixels, int patch) => Math.Max(1, (int)((pixels + patch / 2.0) / patch)) * patch;

    private protected static (int Height, int Width) Resized(int height, int width, int shortSide, int patch)
    {
        double scale = (double)shortSide / Math.Min(height, width);
        if (Math.Max(height, width) * scale > int.MaxValue / 2)
        {
            throw new ArgumentException(
                $"its longer side would have {Math.Max(height, width) * scale:F0} pixels if its shorter one were resized to {shortSide}.");
        }

        return (WholePatches(height * scale, patch), WholePatches(width * scale, patch));
    }

    private sealed class ModelSizeInput : PatchInput
    {
        internal override PatchLayout Layout(int height, int width, (int Height, int Width) model, int patch)
            => PatchLayout.Whole(model.Height, model.Width);

        public override string ToString() => nameof(ModelSize);
    }

    private sealed class ShortSideInput(int pixels) : PatchInput
    {
        internal override PatchLayout Layout(int height, int width, (int Height, int Width) model, int patch)
        {
            var (newHeight, newWidth) = Resized(height, width, pixels, patch);
            return PatchLayout.Whole(newHeight, newWidth);
        }

        public override string ToString() => $"{nameof(ShortSide)}({pixels})";
    }

    private sealed class UnchangedInput(bool pad) : PatchInput
    {
        internal override bool IsPictureAlone => !pad;

        internal override PatchLayout Layout(int height, int width, (int Height, int Width) model, int patch)
        {
            int down = (patch - height % patch) % patch, across = (patch - width % patch) % patch;
            if (!pad && down + across > 0)
            {
                throw new ArgumentException(
                    $"it has {height}x{width} pixels (height x width), expected multiples of the patch size {patch}.");
            }

            return new PatchLayout
            {
                Height = height,
                Width = width,
                Top = down / 2,
                Left = across / 2,
                WindowHeight = height + down,
                WindowWidth = width + across,
            };
        }

        public override string ToString() => $"{nameof(AsIs)}({pad})";
    }

    private sealed class WindowsInput(int? side, int? stride, int? shortSide) : PatchInput
    {
        internal override bool IsPictureAlone => false;

        internal override PatchLayout Layout(int height, int width, (int Height, int Width) model, int patch)
        {
            var window = side is { } s ? (Height: s, Width: s) : model;
            var step = stride is { } d
                ? (Height: d, Width: d)
                : (Height: ThreeQuarters(window.Height, patch), Width: ThreeQuarters(window.Width, patch));
            if (window.Height % patch != 0 || step.Height % patch != 0)
            {
                throw new ArgumentException(
                    $"windows of {window.Height} pixels at a stride of {step.Height} do not fit, expected multiples of the patch size "
                    + $"{patch}.");
            }

            if (step.Height > window.Height || step.Width > window.Width)
            {
                throw new ArgumentException(
                    $"a stride of {step.Height} pixels would leave gaps between windows of {window.Height}x{window.Width}.");
            }

            var (newHeight, newWidth) = shortSide is { } shorter
                ? Resized(height, width, shorter, patch)
                : (WholePatches(height, patch), WholePatches(width, patch));
            return new PatchLayout
            {
                Height = newHeight,
                Width = newWidth,
                WindowHeight = Math.Min(window.Height, newHeight),
                WindowWidth = Math.Min(window.Width, newWidth),
                StrideDown = step.Height,
                StrideAcross = step.Width,
            };
        }

        public override string ToString() => $"{nameof(Windows)}({side}, {stride}, {shortSide})";

        private static int ThreeQuarters(int side, int patch) => Math.Max(1, side * 3 / 4 / patch) * patch;
    }
}
