using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tips.MLNet.Search;

/// <summary>
/// The innermost loops of exact search: the sums of some queries with the rows of one panel, held in registers. Each sum adds the
/// dimensions in order, whatever the vector width and however many queries, so a result depends neither on the machine nor on the other
/// queries.
/// </summary>
internal static class SearchKernel<TSimd, TMeasure>
    where TSimd : struct, ISimd<TSimd>
    where TMeasure : struct, IMeasure
{
    /// <summary>Queries of a tile. Six by two vectors of sums, two of rows and one of a query fill the 16 registers of AVX2.</summary>
    public const int TileQueries = 6;

    /// <summary>Sums of a tile of queries.</summary>
    /// <param name="panel">dimension × <see cref="Panels.Rows"/>.</param>
    /// <param name="queries">dimension × <see cref="TileQueries"/>.</param>
    /// <param name="sums">Receives <see cref="TileQueries"/> × <see cref="Panels.Rows"/>.</param>
    public static void RunTile(ReadOnlySpan<float> panel, ReadOnlySpan<float> queries, Span<float> sums)
    {
        int width = TSimd.Width, dimension = queries.Length / TileQueries;
        ArgumentOutOfRangeException.ThrowIfLessThan(panel.Length, dimension * Panels.Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(sums.Length, TileQueries * Panels.Rows);
        for (int first = 0; first < Panels.Rows; first += 2 * width)
        {
            ref float row = ref Unsafe.Add(ref MemoryMarshal.GetReference(panel), first);
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
                row = ref Unsafe.Add(ref row, Panels.Rows);
                query = ref Unsafe.Add(ref query, TileQueries);
            }

            ref float sum = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), first);
            Store(a0, a1, ref sum, 0);
            Store(b0, b1, ref sum, 1);
            Store(c0, c1, ref sum, 2);
            Store(d0, d1, ref sum, 3);
            Store(e0, e1, ref sum, 4);
            Store(f0, f1, ref sum, 5);
        }
    }

    /// <summary>Sums of one query. It reads the panel once, from front to back, as fast as memory allows.</summary>
    /// <param name="panel">dimension × <see cref="Panels.Rows"/>.</param>
    /// <param name="query">dimension values.</param>
    /// <param name="sums">Receives <see cref="Panels.Rows"/> values.</param>
    public static void RunOne(ReadOnlySpan<float> panel, ReadOnlySpan<float> query, Span<float> sums)
    {
        int width = TSimd.Width;
        ArgumentOutOfRangeException.ThrowIfLessThan(panel.Length, query.Length * Panels.Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(sums.Length, Panels.Rows);
        ref float row = ref MemoryMarshal.GetReference(panel);
        TSimd a = default, b = default, c = default, d = default;
        foreach (float value in query)
        {
            var broadcast = TSimd.Broadcast(value);
            a = TMeasure.Add(TSimd.Load(in row), broadcast, a);
            b = TMeasure.Add(TSimd.Load(in Unsafe.Add(ref row, width)), broadcast, b);
            if (2 * width < Panels.Rows)
            {
                c = TMeasure.Add(TSimd.Load(in Unsafe.Add(ref row, 2 * width)), broadcast, c);
                d = TMeasure.Add(TSimd.Load(in Unsafe.Add(ref row, 3 * width)), broadcast, d);
            }

            row = ref Unsafe.Add(ref row, Panels.Rows);
        }

        ref float sum = ref MemoryMarshal.GetReference(sums);
        TSimd.Store(a, ref sum);
        TSimd.Store(b, ref Unsafe.Add(ref sum, width));
        if (2 * width >= Panels.Rows) return;
        TSimd.Store(c, ref Unsafe.Add(ref sum, 2 * width));
        TSimd.Store(d, ref Unsafe.Add(ref sum, 3 * width));
    }

    /// <summary>Whether any of a panel's sums is larger than a bound.</summary>
    public static bool AnyGreater(ReadOnlySpan<float> sums, float bound)
    {
        var limit = TSimd.Broadcast(bound);
        ref float sum = ref MemoryMarshal.GetReference(sums[..Panels.Rows]);
        bool any = false;
        for (int i = 0; i < Panels.Rows; i += TSimd.Width) any |= TSimd.AnyGreater(TSimd.Load(in Unsafe.Add(ref sum, i)), limit);
        return any;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TSimd left, TSimd right, ref float sums, int query)
    {
        TSimd.Store(left, ref Unsafe.Add(ref sums, query * Panels.Rows));
        TSimd.Store(right, ref Unsafe.Add(ref sums, query * Panels.Rows + TSimd.Width));
    }
}
