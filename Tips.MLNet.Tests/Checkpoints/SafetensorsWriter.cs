using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Tips.MLNet.Tests.Checkpoints;

/// <summary>Writes safetensors files, valid ones and ones with an arbitrary header.</summary>
internal static class SafetensorsWriter
{
    public static void Write(
        string path, IEnumerable<(string Key, int[] Shape, float[] Values)> tensors, Dictionary<string, string>? metadata = null)
        => Write(path, tensors.Select(t => (t.Key, t.Shape, MemoryMarshal.AsBytes<float>(t.Values).ToArray())), "F32", metadata);

    public static void WriteHalf(string path, IEnumerable<(string Key, int[] Shape, float[] Values)> tensors)
        => Write(
            path,
            tensors.Select(
                t => (t.Key, t.Shape, MemoryMarshal.AsBytes<Half>(Array.ConvertAll(t.Values, v => (Half)v)).ToArray())),
            "F16",
            null);

    private static void Write(
        string path, IEnumerable<(string Key, int[] Shape, byte[] Bytes)> tensors, string type, Dictionary<string, string>? metadata)
    {
        var header = new Dictionary<string, object>();
        if (metadata is not null) header.Add("__metadata__", metadata);
        using var data = new MemoryStream();
        foreach (var (key, shape, bytes) in tensors)
        {
            long start = data.Length;
            data.Write(bytes);
            header.Add(key, new { dtype = type, shape, data_offsets = new[] { start, data.Length } });
        }

        WriteRaw(path, JsonSerializer.Serialize(header), data.ToArray());
    }

    /// <param name="path">The file.</param>
    /// <param name="header">The header text, valid or not.</param>
    /// <param name="data">The bytes after it.</param>
    /// <param name="length">The header length that the file claims; null for the true one.</param>
    public static void WriteRaw(string path, string header, byte[] data, ulong? length = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(length ?? (ulong)json.Length), .. json, .. data]);
    }
}
