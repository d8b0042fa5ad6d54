namespace Tips.MLNet.Tests.Support;

/// <summary>Compares vectors by their largest absolute difference.</summary>
internal static class Close
{
    /// <summary>The difference allowed between golden outputs and raw tokens, which have unit scale.</summary>
    public const float RawTokens = 5e-5f;

    public static float MaximumDifference(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Assert.AreEqual(a.Length, b.Length);
        float maximum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            float difference = Math.Abs(a[i] - b[i]);
            if (float.IsNaN(difference)) return float.NaN;
            maximum = Math.Max(maximum, difference);
        }

        return maximum;
    }

    /// <summary>Fails unless every difference is at most <paramref name="tolerance"/>. NaN fails.</summary>
    public static void AreClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what = "")
    {
        float difference = MaximumDifference(expected, actual);
        Assert.IsTrue(difference <= tolerance, $"{what}: largest difference {difference}, allowed {tolerance}");
    }
}
