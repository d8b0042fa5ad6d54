using System.Drawing;

namespace Tips.MLNet;

/// <summary>How <see cref="DensePrediction"/> is computed. Immutable; the defaults are those of TIPS's notebook.</summary>
public sealed class DensePredictionOptions
{
    /// <summary>What to predict; everything that the model has a head for if null, the default.</summary>
    public IReadOnlyCollection<DenseTask>? Tasks { get; init; }

    /// <summary>
    /// In what size the picture runs: the model's own by default, <see cref="PatchInput.ShortSide"/>, or <see cref="PatchInput.AsIs"/> of a
    /// picture whose sides are multiples of the patch size. Windows and padding are not for heads.
    /// </summary>
    public PatchInput Input { get; init; } = PatchInput.ModelSize;

    /// <summary>Height and width of the maps in pixels; the picture's own if null, the default.</summary>
    public (int Height, int Width)? OutputSize { get; init; }

    /// <summary>How normals are enlarged; as in TIPS's notebook by default.</summary>
    public NormalsStyle NormalsStyle { get; init; } = NormalsStyle.Notebook;

    /// <summary>Most patches; see <see cref="PatchOptions.MaximumPatches"/>.</summary>
    public int MaximumPatches { get; init; } = PatchOptions.DefaultMaximumPatches;

    /// <summary>Opaque color under transparent pixels; white by default.</summary>
    public Color Background { get; init; } = Color.White;

    internal PatchOptions ToPatchOptions() => new() { Input = Input, MaximumPatches = MaximumPatches, Background = Background };

    internal void Validate()
    {
        ToPatchOptions().Validate();
        if (!Input.IsPictureAlone)
        {
            throw new ArgumentException(
                "Heads take a whole picture without padding, so windows and padding are not for them.", nameof(Input));
        }

        if (!Enum.IsDefined(NormalsStyle))
            throw new ArgumentOutOfRangeException(nameof(NormalsStyle), NormalsStyle, "Unknown style.");
        if (Tasks is { Count: 0 }) throw new ArgumentException("There is no task.", nameof(Tasks));
        if (OutputSize is not var (height, width)) return;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height, nameof(OutputSize));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width, nameof(OutputSize));
        if (height > Array.MaxLength / 3 / width)
            throw new ArgumentOutOfRangeException(nameof(OutputSize), OutputSize, "The maps do not fit into one array.");
    }
}
