using System.Buffers.Binary;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// A <c>.safetensors</c> file: an eight-byte header length, a JSON header and the data. Not thread-safe.
/// </summary>
internal sealed class SafetensorsCheckpoint : ICheckpoint
{
    /// <summary>The header of the largest TIPS model is about 200 kB.</summary>
    private const int MaximumHeaderLength = 8 << 20;

    private readonly FileStream _stream;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsHeader.Entry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly RecentTensors _recent = new();

    private SafetensorsCheckpoint(string path, FileStream stream, int headerLength, IReadOnlyList<SafetensorsHeader.Entry> entries)
    {
        (Path, _stream, _dataStart) = (path, stream, sizeof(ulong) + headerLength);
        foreach (var entry in entries)
        {
            _entries.Add(entry.Info.Name, entry);
            _tensors.Add(entry.Info.Name, entry.Info);
        }
    }

    public string Path { get; }

    public IReadOnlyList<string> Files => [Path];

    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="CheckpointException">The file is not a <c>.safetensors</c> file, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafetensorsCheckpoint Open(string path)
    {
        var stream = CheckpointFile.OpenRead(path);
        try
        {
            Span<byte> prefix = stackalloc byte[sizeof(ulong)];
            if (stream.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
                throw new FormatException("it is cut off");
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > MaximumHeaderLength)
                throw new FormatException($"its header claims {length} bytes, expected at most {MaximumHeaderLength}");
            long dataLength = stream.Length - sizeof(ulong) - (long)length;
            if (dataLength < 0) throw new FormatException($"its header claims {length} bytes, but the file has {stream.Length}");
            byte[] json = new byte[length];
            stream.ReadExactly(json);
            return new SafetensorsCheckpoint(path, stream, json.Length, SafetensorsHeader.Parse(json, dataLength));
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is not (FormatException or EndOfStreamException)) throw;
            throw new CheckpointException($"Checkpoint '{path}' is not a .safetensors file, or is damaged: {e.Message.TrimEnd('.')}.", e);
        }
    }

    public string FullName(string name) => name;

    public float[] Read(string name) => _recent.Get(name, () => ReadTensor(_entries[name]));

    public void Dispose()
    {
        _recent.Clear();
        _stream.Dispose();
    }

    private float[] ReadTensor(SafetensorsHeader.Entry entry)
    {
        string name = entry.Info.Name;
        if (entry.Info.Count > Array.MaxLength) throw Damaged(name, $"it has {entry.Info.Count} elements, more than one array can hold");
        float[] values = new float[entry.Info.Count];
        try
        {
            _stream.Position = _dataStart + entry.Offset;
            TensorData.Read(_stream, entry.Info.Type, values);
        }
        catch (EndOfStreamException e)
        {
            throw Damaged(name, "the file was cut off while being read", e);
        }

        return TensorData.FindNonFinite(values) is { } problem ? throw Damaged(name, problem) : values;
    }

    private CheckpointException Damaged(string name, string what, Exception? inner = null)
        => new($"Key '{name}' of checkpoint '{Path}' cannot be read: {what.TrimEnd('.')}.", inner);
}
