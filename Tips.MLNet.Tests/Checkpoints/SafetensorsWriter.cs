using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Tips.MLNet.Tests.Checkpoints;

/// <summary>Writes safetensors files as they should be, and with any header.</summary>
internal static class SafetensorsWriter
{
    public static void Write(string path, IEnumerable<(string Key, int[] Shape, float[] Values)> tensors, Dictionary<string, string>? metadata = null)
    {
        var header = new Dictionary<string, object>();
        if (metadata is not null) header.Add("__metadata__", metadata);
        using var data = new MemoryStream();
        foreach (var (key, shape, values) in tensors)
        {
            long start = data.Length;
            data.Write(MemoryMarshal.AsBytes<float>(values));
            header.Add(key, new { dtype = "F32", shape, data_offsets = new[] { start, data.Length } });
        }

        WriteRaw(path, JsonSerializer.Serialize(header), data.ToArray());
    }

    /// <param name="path">The file.</param>
    /// <param name="header">The header, whatever it is.</param>
    /// <param name="data">What follows it.</param>
    /// <param name="length">The header's length as the file claims it; null for the true one.</param>
    public static void WriteRaw(string path, string header, byte[] data, ulong? length = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(length ?? (ulong)json.Length), .. json, .. data]);
    }
}
