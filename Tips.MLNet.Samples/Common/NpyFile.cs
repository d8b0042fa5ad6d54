using System.Runtime.InteropServices;
using System.Text;

namespace Tips.MLNet.Samples.Common;

/// <summary>Writes arrays of float32 in NumPy's format, version 1.0, so that <c>numpy.load</c> reads them.</summary>
internal static class NpyFile
{
    /// <summary>Bytes before the values: enough for any shape, and a multiple of 64 as the format wants.</summary>
    public const int HeaderLength = 128;

    private const int PrefixLength = 10;

    public static void Write(string file, ReadOnlyMemory<float> values, params int[] shape) => OutputFile.Write(file, partial =>
    {
        using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write);
        stream.Write(Header(shape));
        stream.Write(MemoryMarshal.AsBytes(values.Span));
    });

    /// <summary>What stands before the values.</summary>
    public static byte[] Header(int[] shape)
    {
        string dimensions = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape);
        string text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dimensions}), }}";
        const int length = HeaderLength - PrefixLength;
        return [0x93, .. "NUMPY"u8, 1, 0, length, 0, .. Encoding.ASCII.GetBytes(text.PadRight(length - 1) + "\n")];
    }
}
