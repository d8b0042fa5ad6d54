using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// The header of a <c>.npy</c> array as NumPy writes it (format versions 1 to 3): magic, version, length and a Python dictionary literal.
/// The literal is matched against the one form that NumPy writes; nothing is evaluated.
/// </summary>
internal sealed partial record NpyHeader(ElementType Type, bool FortranOrder, IReadOnlyList<int> Shape, int HeaderLength)
{
    /// <summary>NumPy itself refuses to parse longer headers.</summary>
    private const int MaximumLength = 10_000;

    private const int MaximumRank = 32;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Number of elements. <see cref="Read"/> has checked that this times the element size fits in a long.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    public long DataLength => Count * Type.SizeOf();

    /// <exception cref="FormatException">What is wrong with the header.</exception>
    public static NpyHeader Read(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length || !prefix.StartsWith(Magic))
            throw new FormatException("it is not a .npy array (no \\x93NUMPY at its start)");
        int major = prefix[6];
        if (major is < 1 or > 3) throw new FormatException($"its .npy format version is {major}.{prefix[7]}, expected 1 to 3");

        int lengthSize = major == 1 ? 2 : 4;
        Span<byte> lengthBytes = stackalloc byte[4];
        lengthBytes.Clear();
        ReadExactly(stream, lengthBytes[..lengthSize]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > MaximumLength) throw new FormatException($"its header claims {length} bytes, expected at most {MaximumLength}");
        byte[] text = new byte[length];
        ReadExactly(stream, text);
        return Parse(Encoding.UTF8.GetString(text), prefix.Length + lengthSize + (int)length);
    }

    private static NpyHeader Parse(string text, int headerLength)
    {
        var match = Literal().Match(text);
        if (!match.Success)
        {
            throw new FormatException(Structured().IsMatch(text)
                ? "it is a structured array, expected plain numbers"
                : $"its header is not in the form that NumPy writes: {Abbreviate(text)}");
        }

        var type = ParseType(match.Groups["descr"].Value);
        string dimensionList = match.Groups["shape"].Value;
        string[] dimensions = dimensionList.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (dimensions.Length > MaximumRank)
            throw new FormatException($"it has {dimensions.Length} dimensions, expected at most {MaximumRank}");
        int[] shape = new int[dimensions.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            if (!int.TryParse(dimensions[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]))
                throw new FormatException($"its dimension {i} is {Abbreviate(dimensions[i])}, which is not a number or is too large");
        }

        try
        {
            long bytes = type.SizeOf();
            foreach (int dimension in shape) bytes = checked(bytes * Math.Max(dimension, 1));
        }
        catch (OverflowException)
        {
            throw new FormatException($"its shape {TensorInfo.FormatShape(shape)} is too large");
        }

        return new NpyHeader(type, match.Groups["fortran"].Value == "True", shape, headerLength);
    }

    private static ElementType ParseType(string descr) => descr switch
    {
        "<f2" => ElementType.Float16,
        "<f4" => ElementType.Float32,
        "<f8" => ElementType.Float64,
        // NumPy has no bfloat16: arrays of ml_dtypes are saved as two opaque bytes per element.
        "<V2" or "|V2" => ElementType.BFloat16,
        "|i1" => ElementType.Int8,
        "<i2" => ElementType.Int16,
        "<i4" => ElementType.Int32,
        "<i8" => ElementType.Int64,
        "|u1" => ElementType.UInt8,
        "<u2" => ElementType.UInt16,
        "<u4" => ElementType.UInt32,
        "<u8" => ElementType.UInt64,
        _ when descr.Contains('O', StringComparison.Ordinal)
            => throw new FormatException("it is an object array; reading it means unpickling, which is never done: a pickle can run code"),
        _ when descr.StartsWith('>')
            => throw new FormatException($"its element type '{descr}' is big-endian, expected little-endian"),
        _ => throw new FormatException(
            $"its element type '{Abbreviate(descr)}' is not supported; expected f2, f4, f8, bfloat16 (V2) or an integer"),
    };

    private static void ReadExactly(Stream stream, Span<byte> buffer)
    {
        if (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
            throw new FormatException("its header is cut off");
    }

    private static string Abbreviate(string text) => text.Length <= 80 ? text.Trim() : text[..80].Trim() + "…";

    [GeneratedRegex(
        @"^\{'descr': '(?<descr>[^']{1,16})', 'fortran_order': (?<fortran>True|False), 'shape': \((?<shape>[0-9, ]*)\), ?\}\s*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Literal();

    [GeneratedRegex(@"^\{'descr': \[", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Structured();
}
