using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>
/// The probabilities of a picture's pixels, averaged over the windows that each is in. Kept are the windows' cosines on their grids of
/// patches, which take 200 times less memory; a row of pixels is computed when it is asked for.
/// </summary>
/// <param name="size">Height and width of the picture.</param>
/// <param name="window">Side of a window.</param>
/// <param name="patch">Side of a patch.</param>
/// <param name="classes">Number of classes.</param>
internal sealed class SlideScores((int Height, int Width) size, int window, int patch, int classes) : IScoreRows
{
    private readonly List<(int Top, int Left, float[] Cosines)> _windows = [];
    private readonly AxisTaps _taps = new(window / patch, window);

    public int Rows => size.Height;

    public int Columns => size.Width;

    public int Classes => classes;

    /// <summary>Adds a window: rows × columns × classes cosines of its patches.</summary>
    public void Add(int top, int left, float[] cosines) => _windows.Add((top, left, cosines));

    public void CopyRow(int row, Span<float> destination)
    {
        destination.Clear();
        int grid = window / patch, length = grid * classes;
        float[] mixed = new float[length], exponentials = new float[classes], ratios = new float[classes];
        int[] counts = new int[size.Width];
        foreach (var (top, left, cosines) in _windows)
        {
            if (row < top || row >= top + window) continue;
            var (low, high, weight) = _taps[row - top];
            ScoreMap.Mix(cosines.AsSpan(low * length, length), cosines.AsSpan(high * length, length), weight, mixed);
            AddWindow(mixed, exponentials, ratios, destination.Slice(left * classes, window * classes));
            foreach (ref int count in counts.AsSpan(left, window)) count++;
        }

        for (int x = 0; x < counts.Length; x++)
        {
            if (counts[x] < 2) continue;
            var scores = destination.Slice(x * classes, classes);
            TensorPrimitives.Divide(scores, counts[x], scores);
        }
    }

    // Adds the softmax of the cosines between the centers of patches. From one pixel to the next, an exponential of something linear is
    // multiplied by the same number; it is computed anew at each patch, so that rounding does not add up.
    private void AddWindow(ReadOnlySpan<float> cosines, Span<float> exponentials, Span<float> ratios, Span<float> target)
    {
        var last = (Low: -1, High: -1, Weight: 0f);
        float inverse = 0;
        for (int x = 0; x < window; x++)
        {
            var taps = _taps[x];
            bool isSame = taps.Low == last.Low && (taps.Weight == last.Weight || taps.High == taps.Low);
            if (!isSame)
            {
                if (taps.Low == last.Low && last.Weight > 0) TensorPrimitives.Multiply(exponentials, ratios, exponentials);
                else Begin(cosines, taps, exponentials, ratios);
                inverse = 1 / TensorPrimitives.Sum<float>(exponentials);
            }

            var scores = target.Slice(x * classes, classes);
            TensorPrimitives.MultiplyAdd(exponentials, inverse, scores, scores);
            last = taps;
        }
    }

    private void Begin(
        ReadOnlySpan<float> cosines, (int Low, int High, float Weight) taps, Span<float> exponentials, Span<float> ratios)
    {
        ReadOnlySpan<float> low = cosines.Slice(taps.Low * classes, classes), high = cosines.Slice(taps.High * classes, classes);
        ScoreMap.Mix(low, high, taps.Weight, exponentials);
        TensorPrimitives.Exp(exponentials, exponentials);
        TensorPrimitives.Subtract(high, low, ratios);
        TensorPrimitives.Divide(ratios, patch, ratios);
        TensorPrimitives.Exp(ratios, ratios);
    }
}
