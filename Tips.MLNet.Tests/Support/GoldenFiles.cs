using System.IO.Compression;
using System.Runtime.InteropServices;
using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Support;

/// <summary>The golden files next to the tests: outputs of the reference implementations.</summary>
internal static class GoldenFiles
{
    public static string PathOf(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Golden", .. parts]);

    /// <summary>Reads the arrays of an <c>.npz</c> file that NumPy wrote.</summary>
    public static Dictionary<string, float[]> ReadArrays(string path)
    {
        using var npz = NpzCheckpoint.Open(path);
        return npz.Tensors.Keys.ToDictionary(key => key, npz.Read);
    }

    /// <summary>Reads an array of integers, of 64 or of 8 bits.</summary>
    public static long[] ReadIntegers(string path, string key)
    {
        using var zip = ZipFile.OpenRead(path);
        using var member = zip.GetEntry(key + ".npy")!.Open();
        using var copy = new MemoryStream();
        member.CopyTo(copy);
        var bytes = copy.ToArray().AsSpan();
        var values = bytes[(bytes.IndexOf((byte)'\n') + 1)..];
        if (bytes.IndexOf("'|u1'"u8) > 0) return [.. values.ToArray().Select(v => (long)v)];
        Assert.IsGreaterThan(0, bytes.IndexOf("'<i8'"u8), "int64");
        return MemoryMarshal.Cast<byte, long>(values).ToArray();
    }
}
