namespace Tips.MLNet.Evaluation;

/// <summary>How certain a measure is that was taken on a sample. Thread-safe.</summary>
public static class Bootstrap
{
    /// <summary>
    /// The interval of a mean by the percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13): the
    /// values are drawn again with replacement, as many as there are, and the means of the resamples are sorted. The bounds are their
    /// (1 − level)/2 and (1 + level)/2 quantiles, with linear interpolation between neighbors (Hyndman and Fan's type 7).
    /// </summary>
    /// <remarks>
    /// The same on every machine: draws come from SplitMix64 (<paramref name="seed"/> is its state) and each is the high half of the
    /// 128-bit product of its output and the number of values; the sums add values in the order of the draws. The interval says how much
    /// other pictures of the same kind would change the mean, and nothing about pictures of another kind.
    /// </remarks>
    /// <param name="values">One value for each picture (or query): 1 and 0 for right and wrong, a recall, an average precision.</param>
    /// <param name="level">The share of resamples whose mean is inside, between 0 and 1.</param>
    /// <param name="resamples">Number of resamples, at least 1.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The bounds of the interval, in the unit of the values.</returns>
    /// <exception cref="ArgumentException">There are no values, one is not finite, or another argument is out of range.</exception>
    public static (double Lower, double Upper) MeanInterval(
        ReadOnlySpan<double> values, double level = 0.95, int resamples = 1000, int seed = 1)
    {
        if (values.IsEmpty) throw new ArgumentException("There are no values.", nameof(values));
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) throw new ArgumentException($"A value is {value}, expected a finite number.", nameof(values));
        }

        if (level is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "The level must be between 0 and 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);

        var random = new SplitMix64(unchecked((ulong)seed));
        double[] means = new double[resamples];
        for (int resample = 0; resample < resamples; resample++)
        {
            double sum = 0;
            for (int i = 0; i < values.Length; i++) sum += values[random.Next(values.Length)];
            means[resample] = sum / values.Length;
        }

        Array.Sort(means);
        return (Quantile(means, (1 - level) / 2), Quantile(means, (1 + level) / 2));
    }

    /// <summary>The interval of an accuracy: <see cref="MeanInterval"/> of 1 for what is right and 0 for what is wrong.</summary>
    /// <param name="correct">Whether each prediction is right.</param>
    /// <param name="level">The share of resamples whose accuracy is inside, between 0 and 1.</param>
    /// <param name="resamples">Number of resamples, at least 1.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The bounds of the interval, from 0 to 1.</returns>
    /// <exception cref="ArgumentException">There are no predictions, or another argument is out of range.</exception>
    public static (double Lower, double Upper) AccuracyInterval(
        ReadOnlySpan<bool> correct, double level = 0.95, int resamples = 1000, int seed = 1)
    {
        double[] values = new double[correct.Length];
        for (int i = 0; i < values.Length; i++) values[i] = correct[i] ? 1 : 0;
        return MeanInterval(values, level, resamples, seed);
    }

    private static double Quantile(double[] sorted, double share)
    {
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        double above = sorted[Math.Min(below + 1, sorted.Length - 1)];
        return sorted[below] + (position - below) * (above - sorted[below]);
    }
}
