using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tips.MLNet.Search;

/// <summary>
/// The innermost loop of exact search: the sums of <see cref="Queries"/> queries with the rows of one panel at once, held in registers. Each
/// sum adds the dimensions in order, whatever the vector width, so a result depends neither on the machine nor on its neighbours in the tile.
/// </summary>
internal static class SearchKernel<TSimd, TMeasure>
    where TSimd : struct, ISimd<TSimd>
    where TMeasure : struct, IMeasure
{
    /// <summary>Queries of a tile. Six by two vectors of sums, two of rows and one of a query fill the 16 registers of AVX2.</summary>
    public const int Queries = 6;

    /// <summary>Rows of a panel.</summary>
    public static int PanelRows => 2 * TSimd.Width;

    /// <param name="panel">dimension × <see cref="PanelRows"/>.</param>
    /// <param name="queries">dimension × <see cref="Queries"/>.</param>
    /// <param name="sums">Receives <see cref="Queries"/> × <see cref="PanelRows"/>.</param>
    public static void Run(ReadOnlySpan<float> panel, ReadOnlySpan<float> queries, Span<float> sums)
    {
        int width = TSimd.Width, dimension = queries.Length / Queries;
        ArgumentOutOfRangeException.ThrowIfLessThan(panel.Length, dimension * PanelRows);
        ArgumentOutOfRangeException.ThrowIfLessThan(sums.Length, Queries * PanelRows);
        ref float row = ref MemoryMarshal.GetReference(panel);
        ref float query = ref MemoryMarshal.GetReference(queries);
        TSimd a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        TSimd d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        for (int i = 0; i < dimension; i++)
        {
            var left = TSimd.Load(in row);
            var right = TSimd.Load(in Unsafe.Add(ref row, width));
            var value = TSimd.Broadcast(query);
            a0 = TMeasure.Add(left, value, a0);
            a1 = TMeasure.Add(right, value, a1);
            value = TSimd.Broadcast(Unsafe.Add(ref query, 1));
            b0 = TMeasure.Add(left, value, b0);
            b1 = TMeasure.Add(right, value, b1);
            value = TSimd.Broadcast(Unsafe.Add(ref query, 2));
            c0 = TMeasure.Add(left, value, c0);
            c1 = TMeasure.Add(right, value, c1);
            value = TSimd.Broadcast(Unsafe.Add(ref query, 3));
            d0 = TMeasure.Add(left, value, d0);
            d1 = TMeasure.Add(right, value, d1);
            value = TSimd.Broadcast(Unsafe.Add(ref query, 4));
            e0 = TMeasure.Add(left, value, e0);
            e1 = TMeasure.Add(right, value, e1);
            value = TSimd.Broadcast(Unsafe.Add(ref query, 5));
            f0 = TMeasure.Add(left, value, f0);
            f1 = TMeasure.Add(right, value, f1);
            row = ref Unsafe.Add(ref row, 2 * width);
            query = ref Unsafe.Add(ref query, Queries);
        }

        ref float sum = ref MemoryMarshal.GetReference(sums);
        TSimd.Store(a0, ref sum);
        TSimd.Store(a1, ref Unsafe.Add(ref sum, width));
        TSimd.Store(b0, ref Unsafe.Add(ref sum, 2 * width));
        TSimd.Store(b1, ref Unsafe.Add(ref sum, 3 * width));
        TSimd.Store(c0, ref Unsafe.Add(ref sum, 4 * width));
        TSimd.Store(c1, ref Unsafe.Add(ref sum, 5 * width));
        TSimd.Store(d0, ref Unsafe.Add(ref sum, 6 * width));
        TSimd.Store(d1, ref Unsafe.Add(ref sum, 7 * width));
        TSimd.Store(e0, ref Unsafe.Add(ref sum, 8 * width));
        TSimd.Store(e1, ref Unsafe.Add(ref sum, 9 * width));
        TSimd.Store(f0, ref Unsafe.Add(ref sum, 10 * width));
        TSimd.Store(f1, ref Unsafe.Add(ref sum, 11 * width));
    }
}
