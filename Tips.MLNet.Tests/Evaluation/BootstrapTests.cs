using Tips.MLNet.Evaluation;

namespace Tips.MLNet.Tests.Evaluation;

[TestClass]
public class BootstrapTests
{
    /// <summary>The first numbers of the authors' implementation for this seed.</summary>
    [TestMethod]
    public void The_generator_is_SplitMix64()
    {
        var random = new SplitMix64(1234567);
        ulong[] expected =
        [
            6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
        ];
        foreach (ulong number in expected) Assert.AreEqual(number, random.Next());
    }

    /// <summary>62 of 80, as the demo has it: an independent computation, and what the normal approximation says.</summary>
    [TestMethod]
    public void Bounds_are_quantiles_of_the_resampled_means()
    {
        bool[] correct = [.. Enumerable.Range(0, 80).Select(i => i < 62)];
        var interval = Bootstrap.AccuracyInterval(correct);

        ulong state = 1;
        double[] means = new double[1000];
        for (int resample = 0; resample < 1000; resample++)
        {
            int right = 0;
            for (int i = 0; i < 80; i++)
            {
                state = unchecked(state + 0x9E3779B97F4A7C15UL);
                ulong z = unchecked((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9UL);
                z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
                if ((int)((UInt128)(z ^ (z >> 31)) * 80 >> 64) < 62) right++;
            }

            means[resample] = right / 80.0;
        }

        double[] sorted = [.. means.Order()];
        // Positions 0.025 · 999 = 24.975 and 0.975 · 999 = 974.025.
        Assert.AreEqual(sorted[24] + 0.975 * (sorted[25] - sorted[24]), interval.Lower, 1e-12);
        Assert.AreEqual(sorted[974] + 0.025 * (sorted[975] - sorted[974]), interval.Upper, 1e-12);
        double deviation = Math.Sqrt(0.775 * 0.225 / 80);
        Assert.AreEqual(0.775 - 1.96 * deviation, interval.Lower, 0.02);
        Assert.AreEqual(0.775 + 1.96 * deviation, interval.Upper, 0.02);
    }

    [TestMethod]
    public void Seed_level_and_number_of_resamples_count()
    {
        double[] values = [.. Enumerable.Range(0, 200).Select(i => Math.Sin(i * i))];
        var interval = Bootstrap.MeanInterval(values);
        Assert.AreEqual(interval, Bootstrap.MeanInterval(values, level: 0.95, resamples: 1000, seed: 1));
        Assert.AreNotEqual(interval, Bootstrap.MeanInterval(values, seed: 2));
        var narrow = Bootstrap.MeanInterval(values, level: 0.5);
        Assert.IsTrue(interval.Lower < narrow.Lower && narrow.Lower < narrow.Upper && narrow.Upper < interval.Upper);
        var single = Bootstrap.MeanInterval(values, resamples: 1);
        Assert.AreEqual(single.Lower, single.Upper);
    }

    /// <summary>Of two values, a quarter of the resamples has only the lower one, and a quarter only the upper one.</summary>
    [TestMethod]
    public void Few_values_give_wide_bounds()
    {
        Assert.AreEqual((-3, 5), Bootstrap.MeanInterval([-3, 5]));
        Assert.AreEqual((7, 7), Bootstrap.MeanInterval([7]));
        Assert.AreEqual((1, 1), Bootstrap.AccuracyInterval([true, true, true]));
    }

    [TestMethod]
    public void Bad_input_is_named()
    {
        Assert.ThrowsExactly<ArgumentException>(() => Bootstrap.AccuracyInterval([]));
        var error = Assert.ThrowsExactly<ArgumentException>(() => Bootstrap.MeanInterval([0, double.NaN]));
        Assert.Contains("A value is NaN, expected a finite number.", error.Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Bootstrap.MeanInterval([0], level: 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Bootstrap.MeanInterval([0], level: double.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Bootstrap.MeanInterval([0], resamples: 0));
    }
}
