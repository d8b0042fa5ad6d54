using System.Numerics.Tensors;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Symmetric quantization of a matrix: each column (or row) consists of whole numbers times its own scale.
/// </summary>
internal static class Quantization
{
    /// <summary>
    /// Largest weight. Seven bits and a sign would be 127; with six, a sum of two products with unsigned bytes (2 · 255 · 63) fits the 16
    /// bits that CPUs without dot-product instructions (AVX-512 VNNI and the like) add them in, so every CPU gives the same result.
    /// </summary>
    public const int WeightLimit = 63;

    private const float SmallestValue = 1e-30f;

    /// <summary>Divides a row of the matrix by its scale, or by those of the columns.</summary>
    private delegate void Division(Span<float> row, float[] scales, int index);

    /// <summary>A column's values over its scale, rounded; and the scales.</summary>
    public static (Weight Values, Weight Scales) Columns(Weight matrix, int limit)
        => Quantize(matrix, limit, [matrix.Shape[1]], ColumnScales, (row, scales, _) => TensorPrimitives.Divide(row, scales, row));

    /// <summary>A row's values over its scale, rounded; and the scales, rows × 1.</summary>
    public static (Weight Values, Weight Scales) Rows(Weight matrix, int limit)
        => Quantize(
            matrix, limit, [matrix.Shape[0], 1], RowScales, (row, scales, index) => TensorPrimitives.Divide(row, scales[index], row));

    private static (
        Weight Values,
        Weight Scales) Quantize(Weight matrix, int limit, int[] scalesShape, Func<float[], int, int, float[]> scalesOf, Division divide)
    {
        int rows = matrix.Shape[0], columns = matrix.Shape[1];
        return (
            new Weight([rows, columns], () =>
            {
                float[] values = (float[])matrix.Read().Clone(), scales = scalesOf(values, columns, limit);
                for (int row = 0; row < rows; row++)
                {
                    var span = values.AsSpan(row * columns, columns);
                    divide(span, scales, row);
                    TensorPrimitives.Round(span, span);
                    TensorPrimitives.Clamp(span, -limit, limit, span);
                }

                return values;
            }),
            new Weight(scalesShape, () => scalesOf(matrix.Read(), columns, limit)));
    }

    private static float[] ColumnScales(float[] values, int columns, int limit)
    {
        float[] largest = new float[columns], magnitudes = new float[columns];
        for (int at = 0; at < values.Length; at += columns)
        {
            TensorPrimitives.Abs(values.AsSpan(at, columns), magnitudes);
            TensorPrimitives.Max(largest, magnitudes, largest);
        }

        return Array.ConvertAll(largest, v => Scale(v, limit));
    }

    private static float[] RowScales(float[] values, int columns, int limit)
    {
        float[] scales = new float[values.Length / columns];
        for (int row = 0; row < scales.Length; row++)
            scales[row] = Scale(MathF.Abs(TensorPrimitives.MaxMagnitude<float>(values.AsSpan(row * columns, columns))), limit);
        return scales;
    }

    // Below this, a step would have no digits left (it may be denormal, or zero): such values count as zero, and zeros keep any scale.
    private static float Scale(float largest, int limit) => largest > SmallestValue ? largest / limit : 1f;
}
