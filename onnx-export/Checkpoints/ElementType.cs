namespace Tips.OnnxExport.Checkpoints;

/// <summary>Element types that a checkpoint may contain. All are little-endian.</summary>
internal enum ElementType
{
    Float16,
    BFloat16,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
}

internal static class ElementTypes
{
    public static int SizeOf(this ElementType type) => type switch
    {
        ElementType.Int8 or ElementType.UInt8 => 1,
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 or ElementType.UInt16 => 2,
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
        _ => 8,
    };

    public static bool IsFloatingPoint(this ElementType type)
        => type is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64;

    public static string DisplayName(this ElementType type) => type.ToString().ToLowerInvariant();
}
