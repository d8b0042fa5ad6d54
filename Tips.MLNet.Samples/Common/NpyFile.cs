using System.Runtime.InteropServices;
using System.Text;

namespace Tips.MLNet.Samples.Common;

/// <summary>Writes arrays of float32 in NumPy's format, version 1.0, so that <c>numpy.load</c> reads them.</summary>
internal static class NpyFile
{
    private const int Alignment = 64, PrefixLength = 10;

    public static void Write(string file, ReadOnlyMemory<float> values, params int[] shape) => OutputFile.Write(file, partial =>
    {
        string dimensions = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dimensions}), }}";
        int padded = (PrefixLength + header.Length + 1 + Alignment - 1) / Alignment * Alignment - PrefixLength;
        using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write);
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)padded, (byte)(padded >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header.PadRight(padded - 1) + "\n"));
        stream.Write(MemoryMarshal.AsBytes(values.Span));
    });
}
