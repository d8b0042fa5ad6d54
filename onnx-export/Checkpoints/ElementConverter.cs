using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>Converts little-endian elements to float32.</summary>
internal static class ElementConverter
{
    public static void ToFloat32(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.Float32: source.CopyTo(MemoryMarshal.AsBytes(destination)); break;
            case ElementType.Float16: TensorPrimitives.ConvertToSingle(Cast<Half>(source), destination); break;
            case ElementType.BFloat16: FromBFloat16(Cast<ushort>(source), destination); break;
            case ElementType.Float64: TensorPrimitives.ConvertTruncating<double, float>(Cast<double>(source), destination); break;
            case ElementType.Int8: TensorPrimitives.ConvertTruncating<sbyte, float>(Cast<sbyte>(source), destination); break;
            case ElementType.Int16: TensorPrimitives.ConvertTruncating<short, float>(Cast<short>(source), destination); break;
            case ElementType.Int32: TensorPrimitives.ConvertTruncating<int, float>(Cast<int>(source), destination); break;
            case ElementType.Int64: TensorPrimitives.ConvertTruncating<long, float>(Cast<long>(source), destination); break;
            case ElementType.UInt8: TensorPrimitives.ConvertTruncating<byte, float>(source, destination); break;
            case ElementType.UInt16: TensorPrimitives.ConvertTruncating<ushort, float>(Cast<ushort>(source), destination); break;
            case ElementType.UInt32: TensorPrimitives.ConvertTruncating<uint, float>(Cast<uint>(source), destination); break;
            case ElementType.UInt64: TensorPrimitives.ConvertTruncating<ulong, float>(Cast<ulong>(source), destination); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");
        }
    }

    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> source)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(source);

    // A bfloat16 is the upper half of a float32.
    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++) destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }
}
