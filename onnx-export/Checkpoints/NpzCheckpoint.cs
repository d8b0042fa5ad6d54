using System.IO.Compression;
using System.IO.Hashing;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// A numpy <c>.npz</c> archive: a zip (also zip64) of <c>.npy</c> members, stored or deflated. Members are streamed from the archive and
/// never written anywhere, so their names cannot lead out of it; lengths and checksums are compared with what was read.
/// Not thread-safe.
/// </summary>
internal sealed class NpzCheckpoint : ICheckpoint
{
    private const string MemberSuffix = ".npy";

    /// <summary>The largest released checkpoint has under a thousand; a directory of millions is an attack on memory.</summary>
    private const int MaximumMembers = 100_000;

    /// <summary>Deflate's best ratio is 1,032 to 1: a member that claims more would cost memory for data that cannot be there.</summary>
    private const int MaximumExpansion = 1032;

    private const int KeptTensors = 2;

    private readonly ZipArchive _archive;
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly List<(string Name, float[] Values)> _recent = [];

    private NpzCheckpoint(string path, ZipArchive archive) => (Path, _archive) = (path, archive);

    public string Path { get; }

    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Opens an archive and reads the header of every member.</summary>
    /// <exception cref="CheckpointException">The file is not such an archive.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static NpzCheckpoint Open(string path)
    {
        if (Directory.Exists(path)) throw new CheckpointException($"Checkpoint '{path}' is a folder, expected an .npz file.");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no checkpoint '{path}'.", path);
        ZipArchive archive;
        try
        {
            archive = ZipFile.OpenRead(path);
        }
        catch (InvalidDataException e)
        {
            throw new CheckpointException($"Checkpoint '{path}' is not an .npz file, or is cut off: {e.Message}", e);
        }

        var checkpoint = new NpzCheckpoint(path, archive);
        try
        {
            checkpoint.ReadDirectory();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    // Query, key and value are parts of one packed weight and one packed bias, wanted in turns: with the last two tensors kept, each is read once.
    public float[] Read(string name)
    {
        int found = _recent.FindIndex(t => t.Name == name);
        if (found >= 0) return _recent[found].Values;
        if (_recent.Count == KeptTensors) _recent.RemoveAt(0);
        float[] values = ReadMember(name, _members[name]);
        _recent.Add((name, values));
        return values;
    }

    public void Dispose()
    {
        _recent.Clear();
        _archive.Dispose();
    }

    private void ReadDirectory()
    {
        try
        {
            if (_archive.Entries.Count > MaximumMembers) throw new CheckpointException($"Checkpoint '{Path}' has {_archive.Entries.Count} members, expected at most {MaximumMembers}.");
            foreach (var entry in _archive.Entries) Add(entry);
        }
        catch (InvalidDataException e)
        {
            throw new CheckpointException($"Checkpoint '{Path}' is not an .npz file, or is cut off: {e.Message}", e);
        }
    }

    private void Add(ZipArchiveEntry entry)
    {
        if (!entry.FullName.EndsWith(MemberSuffix, StringComparison.Ordinal))
            throw new CheckpointException($"Checkpoint '{Path}' has a member '{entry.FullName}' that is not a {MemberSuffix} array.");
        string name = entry.FullName[..^MemberSuffix.Length];
        if (entry.IsEncrypted) throw Damaged(name, "it is encrypted");
        NpyHeader header;
        try
        {
            using var stream = entry.Open();
            header = NpyHeader.Read(stream);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw Damaged(name, e.Message, e);
        }

        if (entry.Length - header.HeaderLength != header.DataLength)
        {
            throw Damaged(name, $"shape {TensorInfo.FormatShape(header.Shape)} of {header.Type.DisplayName()} needs {header.DataLength} bytes, but the member holds {entry.Length - header.HeaderLength}");
        }

        if (entry.Length / MaximumExpansion > entry.CompressedLength)
            throw Damaged(name, $"it claims to expand from {entry.CompressedLength} to {entry.Length} bytes, more than deflate can");
        if (!_members.TryAdd(name, new Member(entry, header))) throw Damaged(name, "it is in the archive twice");
        _tensors.Add(name, new TensorInfo(name, header.Type, header.Shape));
    }

    private float[] ReadMember(string name, Member member)
    {
        var (entry, header) = member;
        if (header.Count > Array.MaxLength) throw Damaged(name, $"it has {header.Count} elements, more than one array can hold");
        float[] values = new float[header.Count];
        try
        {
            using var stream = entry.Open();
            var checksum = new Crc32();
            byte[] buffer = new byte[1 << 16];
            stream.ReadExactly(buffer, 0, header.HeaderLength);
            checksum.Append(buffer.AsSpan(0, header.HeaderLength));
            int size = header.Type.SizeOf();
            for (int done = 0; done < values.Length;)
            {
                int count = Math.Min(buffer.Length / size, values.Length - done);
                var bytes = buffer.AsSpan(0, count * size);
                stream.ReadExactly(bytes);
                checksum.Append(bytes);
                ElementConverter.ToFloat32(header.Type, bytes, values.AsSpan(done, count));
                done += count;
            }

            if (stream.ReadByte() >= 0) throw Damaged(name, "the member is longer than the archive says");
            if (checksum.GetCurrentHashAsUInt32() != entry.Crc32)
                throw Damaged(name, $"its CRC-32 is {checksum.GetCurrentHashAsUInt32():x8}, expected {entry.Crc32:x8}");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(name, e.Message, e);
        }

        int bad = Array.FindIndex(values, v => !float.IsFinite(v));
        if (bad >= 0) throw Damaged(name, $"element {bad} is {values[bad]}, expected finite numbers");
        return header.FortranOrder ? FromFortranOrder(values, header.Shape) : values;
    }

    // Column-major data is the row-major data of the reversed shape: walk the destination in order and step through the source.
    private static float[] FromFortranOrder(float[] source, IReadOnlyList<int> shape)
    {
        float[] result = new float[source.Length];
        int[] stride = new int[shape.Count], index = new int[shape.Count];
        for (int d = 0, step = 1; d < shape.Count; step *= shape[d], d++) stride[d] = step;
        int from = 0;
        for (int to = 0; to < result.Length; to++)
        {
            result[to] = source[from];
            for (int d = shape.Count - 1; d >= 0; d--)
            {
                from += stride[d];
                if (++index[d] < shape[d]) break;
                from -= stride[d] * shape[d];
                index[d] = 0;
            }
        }

        return result;
    }

    private CheckpointException Damaged(string name, string what, Exception? inner = null) => new($"Key '{name}' of checkpoint '{Path}' cannot be read: {what}.", inner);

    private sealed record Member(ZipArchiveEntry Entry, NpyHeader Header);
}
