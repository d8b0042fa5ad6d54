using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// The header of a <c>.npy</c> array (format versions 1 to 3): magic, version, length and a Python dictionary literal, in every form that
/// NumPy reads.
/// </summary>
/// <param name="Type">Type of the elements.</param>
/// <param name="FortranOrder">Whether the first dimension varies fastest.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="HeaderLength">Bytes before the first element.</param>
internal sealed record NpyHeader(NpyType Type, bool FortranOrder, IReadOnlyList<int> Shape, int HeaderLength)
{
    /// <summary>NumPy itself refuses to parse longer headers.</summary>
    private const int MaximumLength = 10_000;

    private const int MaximumRank = 32;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Number of elements. <see cref="Read"/> has checked that this times the element size fits in a long.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    /// <summary>Whether a stream starts like an array, from its first bytes.</summary>
    public static bool IsArray(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    /// <exception cref="FormatException">What is wrong with the header, or why its elements cannot be read.</exception>
    public static NpyHeader Read(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length || !IsArray(prefix))
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
        var (descr, fortranOrder, dimensions) = ParseLiteral(text);
        var type = NpyType.Parse(descr);
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
            long bytes = type.Type?.SizeOf() ?? 1;
            foreach (int dimension in shape) bytes = checked(bytes * Math.Max(dimension, 1));
        }
        catch (OverflowException)
        {
            throw new FormatException($"its shape {TensorInfo.FormatShape(shape)} is too large");
        }

        return new NpyHeader(type, fortranOrder, shape, headerLength);
    }

    private static (string Descr, bool FortranOrder, string[] Dimensions) ParseLiteral(string text)
    {
        Dictionary<string, object?>? values = null;
        try
        {
            values = PythonLiteral.ReadDictionary(text);
        }
        catch (FormatException)
        {
            // The message below shows the text.
        }

        if (values is not { Count: 3 }
            || !values.TryGetValue("descr", out object? descr)
            || !values.TryGetValue("fortran_order", out object? order) || order is not bool fortranOrder
            || !values.TryGetValue("shape", out object? shape) || shape is not string[] dimensions)
            throw new FormatException($"its header is not in the form that NumPy writes: {Abbreviate(text)}");
        return descr is string plain
            ? (plain, fortranOrder, dimensions)
            : throw new FormatException("it is a structured array, expected plain numbers");
    }

    private static void ReadExactly(Stream stream, Span<byte> buffer)
    {
        if (stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) < buffer.Length)
            throw new FormatException("its header is cut off");
    }

    private static string Abbreviate(string text) => text.Length <= 80 ? text.Trim() : text[..80].Trim() + "…";
}
