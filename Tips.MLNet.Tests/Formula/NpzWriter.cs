using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Tips.MLNet.Tests.Formula;

/// <summary>Writes <c>.npz</c> archives byte for byte as NumPy does, and invalid ones too: the header is free text.</summary>
internal sealed class NpzWriter(Stream stream, CompressionLevel compression = CompressionLevel.NoCompression) : IDisposable
{
    private readonly ZipArchive _archive = new(stream, ZipArchiveMode.Create, leaveOpen: false);

    public static NpzWriter Create(string path, CompressionLevel compression = CompressionLevel.NoCompression)
        => new(File.Create(path), compression);

    public void Add(string key, ReadOnlySpan<int> shape, ReadOnlySpan<float> values)
        => Add(key, "<f4", shape, MemoryMarshal.AsBytes(values));

    public void Add(string key, string descr, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data, bool fortranOrder = false)
    {
        string dimensions = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape.ToArray());
        string order = fortranOrder ? "True" : "False";
        AddRaw(key + ".npy", Header($"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({dimensions}), }}"), data);
    }

    public void AddRaw(string member, ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        using var entry = _archive.CreateEntry(member, compression).Open();
        entry.Write(header);
        entry.Write(data);
    }

    /// <summary>A header padded with spaces to a multiple of 64 bytes and ended by a line feed.</summary>
    public static byte[] Header(string dictionary, byte major = 1)
    {
        int prefix = major == 1 ? 10 : 12;
        string text = dictionary + new string(' ', 63 - (prefix + dictionary.Length) % 64) + "\n";
        byte[] length = BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, major, 0, .. length[..(prefix - 8)], .. Encoding.ASCII.GetBytes(text)];
    }

    public void Dispose() => _archive.Dispose();
}
