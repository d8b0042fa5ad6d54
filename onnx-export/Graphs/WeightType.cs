using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Tips.OnnxExport.Graphs;

/// <summary>How a weight's values are stored.</summary>
internal enum WeightType
{
    Float32,
    Float16,
    Int8,
}

internal static class WeightTypes
{
    public static int SizeOf(this WeightType type) => type switch { WeightType.Float32 => 4, WeightType.Float16 => 2, _ => 1 };

    /// <summary>ONNX's number of the type (TensorProto.DataType).</summary>
    public static int OnnxCode(this WeightType type) => type switch { WeightType.Float32 => 1, WeightType.Float16 => 10, _ => 3 };

    public static string SafetensorsName(this WeightType type)
        => type switch { WeightType.Float32 => "F32", WeightType.Float16 => "F16", _ => "I8" };

    /// <summary>Stores values; for <see cref="WeightType.Int8"/> they are whole numbers already.</summary>
    /// <returns>The first value that the type cannot hold, or -1.</returns>
    public static int Encode(this WeightType type, ReadOnlySpan<float> values, Span<byte> destination)
    {
        switch (type)
        {
            case WeightType.Float32:
                MemoryMarshal.AsBytes(values).CopyTo(destination);
                return FirstBad(values, float.IsFinite);
            case WeightType.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(destination);
                TensorPrimitives.ConvertToHalf(values, halves);
                for (int i = 0; i < values.Length; i++)
                {
                    if (!Half.IsFinite(halves[i])) return i;
                }

                return -1;
            default:
                TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, sbyte>(destination));
                return FirstBad(values, v => v is >= sbyte.MinValue and <= sbyte.MaxValue);
        }
    }

    private static int FirstBad(ReadOnlySpan<float> values, Func<float, bool> good)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!good(values[i])) return i;
        }

        return -1;
    }
}
