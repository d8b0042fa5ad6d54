using System.Numerics.Tensors;

namespace Tips.MLNet.Encoders;

/// <summary>Puts the patches of overlapping windows together: a patch that is in several of them is their mean.</summary>
internal sealed class PatchGrid(int rows, int columns, int dimension)
{
    private readonly float[] _sums = new float[(long)rows * columns * dimension];
    private readonly int[] _counts = new int[rows * columns];

    /// <summary>Adds the patches of a window.</summary>
    /// <param name="top">Its first row.</param>
    /// <param name="left">Its first column.</param>
    /// <param name="height">Its rows of patches.</param>
    /// <param name="width">Its columns of patches.</param>
    /// <param name="patches">height × width × D values.</param>
    public void Add(int top, int left, int height, int width, ReadOnlySpan<float> patches)
    {
        for (int row = 0; row < height; row++)
        {
            int first = (top + row) * columns + left;
            var sums = _sums.AsSpan(first * dimension, width * dimension);
            TensorPrimitives.Add(sums, patches.Slice(row * width * dimension, width * dimension), sums);
            foreach (ref int count in _counts.AsSpan(first, width)) count++;
        }
    }

    /// <summary>The means. Ends the adding.</summary>
    public PatchFeatures ToFeatures()
    {
        for (int patch = 0; patch < _counts.Length; patch++)
        {
            if (_counts[patch] == 1) continue;
            var sum = _sums.AsSpan(patch * dimension, dimension);
            TensorPrimitives.Divide(sum, _counts[patch], sum);
        }

        return PatchFeatures.Wrap(rows, columns, dimension, _sums);
    }
}
