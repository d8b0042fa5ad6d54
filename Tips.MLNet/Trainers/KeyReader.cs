using Microsoft.ML;

namespace Tips.MLNet.Trainers;

/// <summary>Reads a key of any of ML.NET's key types as one number; 0 is the missing key.</summary>
internal static class KeyReader
{
    public static Func<ulong> Create(DataViewRow row, DataViewSchema.Column column) => column.Type.RawType switch
    {
        var t when t == typeof(byte) => Create<byte>(row, column, k => k),
        var t when t == typeof(ushort) => Create<ushort>(row, column, k => k),
        var t when t == typeof(uint) => Create<uint>(row, column, k => k),
        var t when t == typeof(ulong) => Create<ulong>(row, column, k => k),
        var t => throw new NotSupportedException($"Key column '{column.Name}' has values of type {t}."),
    };

    private static Func<ulong> Create<T>(DataViewRow row, DataViewSchema.Column column, Func<T, ulong> widen)
        where T : unmanaged
    {
        var get = row.GetGetter<T>(column);
        return () =>
        {
            T key = default;
            get(ref key);
            return widen(key);
        };
    }
}
