using System.Buffers.Binary;
using System.Text.Json;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// The weights that the graphs of a folder share, and their places in one file. The file is laid out as safetensors (eight bytes of
/// header length, a JSON header, the tensors without gaps), so that any tool can read it by name; the graphs point into it.
/// </summary>
internal sealed class WeightTable
{
    /// <summary>The data starts at a multiple of this, so that a mapped file is aligned for vector loads.</summary>
    private const int HeaderAlignment = 64;

    /// <summary>Values written between checks of the cancellation token: 4 MiB.</summary>
    private const int ChunkLength = 1 << 20;

    private readonly OrderedDictionary<string, (Weight Weight, WeightType Type)> _weights = new(StringComparer.Ordinal);
    private Dictionary<string, (long Offset, long Length)>? _places;
    private byte[] _header = [];

    // The widest types first, so that every value lies at a multiple of its size.
    private IEnumerable<(string Name, Weight Weight, WeightType Type)> InFileOrder
        => _weights.Select(w => (w.Key, w.Value.Weight, w.Value.Type)).OrderByDescending(w => w.Type.SizeOf());

    /// <summary>Bytes the file will have.</summary>
    public long FileLength => Places().Values.Max(p => p.Offset + p.Length);

    /// <summary>Adds a weight unless one of that name is there already, which must then be the same.</summary>
    public void Add(string name, Weight weight, WeightType type)
    {
        if (_places is not null) throw new InvalidOperationException("The table's layout is fixed.");
        if (_weights.TryGetValue(name, out var known))
        {
            if (known.Type != type || !known.Weight.Shape.SequenceEqual(weight.Shape))
                throw new InvalidOperationException($"Weight '{name}' is there already, of another type or shape.");
            return;
        }

        _weights.Add(name, (weight, type));
    }

    /// <summary>First byte, counted from the start of the file, and number of bytes of a weight. Fixes the layout.</summary>
    public (long Offset, long Length) PlaceOf(string name) => Places()[name];

    /// <summary>Writes the file, tensor by tensor.</summary>
    /// <param name="stream">The destination.</param>
    /// <param name="progress">Receives the bytes written so far.</param>
    /// <param name="cancellationToken">Ends the writing, within a tensor too.</param>
    /// <exception cref="WeightException">A weight has a value that its type cannot hold.</exception>
    public void Write(Stream stream, Action<long>? progress, CancellationToken cancellationToken)
    {
        _ = Places();
        long written = _header.Length;
        stream.Write(_header);
        byte[] buffer = new byte[ChunkLength * sizeof(float)];
        foreach (var (name, weight, type) in InFileOrder)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] values = weight.Read();
            for (int done = 0; done < values.Length; done += ChunkLength)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var chunk = values.AsSpan(done, Math.Min(ChunkLength, values.Length - done));
                var bytes = buffer.AsSpan(0, chunk.Length * type.SizeOf());
                int bad = type.Encode(chunk, bytes);
                if (bad >= 0) throw Unfit(name, chunk[bad], done + bad, type);
                stream.Write(bytes);
                written += bytes.Length;
                progress?.Invoke(written);
            }
        }
    }

    // The checkpoint's own values are finite float32; products and sums of them need not be, nor need they fit a smaller type.
    private static WeightException Unfit(string name, float value, int index, WeightType type) => new(name, float.IsFinite(value)
        ? $"weight '{name}' has {value} as value {index}, which {type} cannot hold; export it as fp32."
        : $"weight '{name}' would get {value} as value {index}, because the product or sum of the checkpoint's numbers is beyond float32.");

    private Dictionary<string, (long Offset, long Length)> Places()
    {
        if (_places is not null) return _places;
        var buffer = new MemoryStream();
        buffer.Write(new byte[sizeof(ulong)]);
        long offset = 0;
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, weight, type) in InFileOrder)
            {
                long length = (long)weight.Count * type.SizeOf();
                json.WriteStartObject(name);
                json.WriteString("dtype", type.SafetensorsName());
                json.WriteStartArray("shape");
                foreach (int dimension in weight.Shape) json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % HeaderAlignment != 0) buffer.WriteByte((byte)' ');
        _header = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(_header, (ulong)(_header.Length - sizeof(ulong)));

        _places = new Dictionary<string, (long, long)>(StringComparer.Ordinal);
        long start = _header.Length;
        foreach (var (name, weight, type) in InFileOrder)
        {
            long length = (long)weight.Count * type.SizeOf();
            _places.Add(name, (start, length));
            start += length;
        }

        return _places;
    }
}
