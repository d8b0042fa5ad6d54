using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>Enlarges scores bilinearly and takes the best class of each pixel, on all cores, with a few rows of scores in memory.</summary>
internal static class ClassRows
{
    /// <summary>Bands of rows for each core: each begins with rows that the one before it has computed, too.</summary>
    private const int BandsPerCore = 4;

    /// <summary>The best class of each pixel of a picture; of equal ones the first.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static ClassMap Best(
        IScoreRows scores, int height, int width, IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        byte[] best = new byte[checked(height * width)];
        AxisTaps down = new(scores.Rows, height), across = new(scores.Columns, width);
        int bands = Math.Min(height, BandsPerCore * Environment.ProcessorCount);
        Parallel.For(0, bands, new ParallelOptions { CancellationToken = cancellationToken }, band =>
        {
            var rows = new RowPair(scores);
            int end = (int)((long)height * (band + 1) / bands);
            for (int y = (int)((long)height * band / bands); y < end; y++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                rows.Mix(down[y]);
                rows.Classify(across, best.AsSpan(y * width, width));
            }
        });
        return new ClassMap(height, width, best, labels);
    }

    /// <summary>The two rows that the rows of a picture lie between, and what is between them.</summary>
    private sealed class RowPair(IScoreRows scores)
    {
        private readonly int _classes = scores.Classes;
        private readonly float[] _mixed = new float[scores.Columns * scores.Classes], _point = new float[scores.Classes];
        private readonly byte[] _best = new byte[scores.Columns];
        private (int Row, float[] Scores) _low = (-1, new float[scores.Columns * scores.Classes]);
        private (int Row, float[] Scores) _high = (-1, new float[scores.Columns * scores.Classes]);

        public void Mix((int Low, int High, float Weight) taps)
        {
            if (_high.Row == taps.Low) (_low, _high) = (_high, _low);
            Load(ref _low, taps.Low);
            if (taps.High != taps.Low) Load(ref _high, taps.High);
            ScoreMap.Mix(_low.Scores, taps.High == taps.Low ? _low.Scores : _high.Scores, taps.Weight, _mixed);
            for (int x = 0; x < _best.Length; x++) _best[x] = BestOf(_mixed.AsSpan(x * _classes, _classes));
        }

        public void Classify(AxisTaps across, Span<byte> classes)
        {
            for (int x = 0; x < classes.Length; x++)
            {
                var (low, high, weight) = across[x];
                // What is best at both ends is best between them (rounding could only make others equal to it).
                if (_best[low] == _best[high])
                {
                    classes[x] = _best[low];
                    continue;
                }

                ScoreMap.Mix(_mixed.AsSpan(low * _classes, _classes), _mixed.AsSpan(high * _classes, _classes), weight, _point);
                classes[x] = BestOf(_point);
            }
        }

        private static byte BestOf(ReadOnlySpan<float> scores) => (byte)TensorPrimitives.IndexOfMax(scores);

        private void Load(ref (int Row, float[] Scores) held, int row)
        {
            if (held.Row == row) return;
            scores.CopyRow(row, held.Scores);
            held.Row = row;
        }
    }
}
