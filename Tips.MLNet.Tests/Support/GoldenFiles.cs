using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
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

    /// <summary>Reads an array of integers, of 64, 16 or 8 bits.</summary>
    public static long[] ReadIntegers(string path, string key)
    {
        var (type, values) = ReadBytes(path, key);
        if (type == "|u1") return [.. values.Select(v => (long)v)];
        if (type == "<i2") return [.. MemoryMarshal.Cast<byte, short>(values).ToArray().Select(v => (long)v)];
        Assert.AreEqual("<i8", type);
        return MemoryMarshal.Cast<byte, long>(values).ToArray();
    }

    /// <summary>Reads an array of numbers in full precision.</summary>
    public static double[] ReadDoubles(string path, string key)
    {
        var (type, values) = ReadBytes(path, key);
        if (type == "<f4") return [.. MemoryMarshal.Cast<byte, float>(values).ToArray().Select(v => (double)v)];
        Assert.AreEqual("<f8", type);
        return MemoryMarshal.Cast<byte, double>(values).ToArray();
    }

    private static (string Type, byte[] Values) ReadBytes(string path, string key)
    {
        using var zip = ZipFile.OpenRead(path);
        using var member = zip.GetEntry(key + ".npy")!.Open();
        using var copy = new MemoryStream();
        member.CopyTo(copy);
        byte[] bytes = copy.ToArray();
        int end = Array.IndexOf(bytes, (byte)'\n') + 1;
        string header = Encoding.ASCII.GetString(bytes, 0, end), before = "'descr': '";
        int start = header.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return (header.Substring(start, 3), bytes[end..]);
    }
}
