using System.Runtime.CompilerServices;

namespace Tips.MLNet.Search;

/// <summary>What the kernel sums over the dimensions. The larger the sum, the nearer the row.</summary>
internal interface IMeasure
{
    /// <summary>Similarity is the sum times this.</summary>
    static abstract float Scale { get; }

    /// <summary>The sum after one more dimension.</summary>
    static abstract TSimd Add<TSimd>(TSimd row, TSimd query, TSimd sum)
        where TSimd : struct, ISimd<TSimd>;
}

/// <summary>Σ row · query: the cosine of vectors of unit length.</summary>
internal readonly struct DotProduct : IMeasure
{
    public static float Scale => 1f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Add<TSimd>(TSimd row, TSimd query, TSimd sum)
        where TSimd : struct, ISimd<TSimd> => TSimd.MultiplyAdd(row, query, sum);
}

/// <summary>
/// −Σ (row − query)². Summed as it stands, not as norms and a dot product: that would be faster, but lose the distances of near
/// duplicates to cancellation.
/// </summary>
internal readonly struct NegativeSquaredDistance : IMeasure
{
    public static float Scale => 0.5f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSimd Add<TSimd>(TSimd row, TSimd query, TSimd sum)
        where TSimd : struct, ISimd<TSimd>
    {
        var difference = TSimd.Subtract(row, query);
        return TSimd.NegatedMultiplyAdd(difference, difference, sum);
    }
}
