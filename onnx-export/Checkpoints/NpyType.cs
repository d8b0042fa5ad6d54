namespace Tips.OnnxExport.Checkpoints;

/// <summary>The element type of a <c>.npy</c> array: <c>descr</c> in its header, as NumPy reads it.</summary>
/// <param name="Type">The type; null if no weight can have it: truth values, texts and dates.</param>
/// <param name="Name">What it is, for a list: <c>float32</c>, <c>text '&lt;U3'</c>.</param>
/// <param name="IsBigEndian">Whether the bytes of an element must be reversed.</param>
internal sealed record NpyType(ElementType? Type, string Name, bool IsBigEndian)
{
    /// <exception cref="FormatException">The type is none that is read, with the reason.</exception>
    public static NpyType Parse(string descr)
    {
        bool hasOrder = descr.Length > 0 && descr[0] is '<' or '>' or '=' or '|';
        string code = hasOrder ? descr[1..] : descr;
        // NumPy itself takes '=' and '|' for the order of the machine that reads.
        bool isBigEndian = hasOrder && descr[0] == '>';
        if (TypeOf(code) is { } type)
            return new NpyType(type, type.DisplayName(), isBigEndian && type.SizeOf() > 1 && type != ElementType.BFloat16);
        string shown = Abbreviate(descr);
        if (code is "b1" or "?" or "bool") return new NpyType(null, "truth values", isBigEndian);
        if (code.StartsWith('U') || code.StartsWith('S') || code.StartsWith('a')) return new NpyType(null, $"text '{shown}'", isBigEndian);
        if (code.StartsWith("M8", StringComparison.Ordinal) || code.StartsWith("m8", StringComparison.Ordinal))
            return new NpyType(null, $"dates '{shown}'", isBigEndian);
        throw new FormatException(
            code.Contains('O', StringComparison.Ordinal) || code == "object"
                ? "it is an object array; reading it means unpickling, which is never done: a pickle can run code"
                : $"its element type '{shown}' is not supported; expected f2, f4, f8, bfloat16 (V2) or an integer");
    }

    private static ElementType? TypeOf(string code) => code switch
    {
        "f2" or "e" or "float16" or "half" => ElementType.Float16,
        "f4" or "f" or "float32" or "single" => ElementType.Float32,
        "f8" or "d" or "float64" or "double" or "float" => ElementType.Float64,
        // NumPy has no bfloat16: arrays of ml_dtypes are saved as two opaque bytes per element.
        "V2" => ElementType.BFloat16,
        "i1" or "b" or "int8" => ElementType.Int8,
        "i2" or "h" or "int16" => ElementType.Int16,
        "i4" or "i" or "int32" => ElementType.Int32,
        "i8" or "q" or "int64" => ElementType.Int64,
        "u1" or "B" or "uint8" => ElementType.UInt8,
        "u2" or "H" or "uint16" => ElementType.UInt16,
        "u4" or "I" or "uint32" => ElementType.UInt32,
        "u8" or "Q" or "uint64" => ElementType.UInt64,
        _ => null,
    };

    private static string Abbreviate(string text) => text.Length <= 80 ? text.Trim() : text[..80].Trim() + "…";
}
