using System.IO.Compression;
using System.IO.Hashing;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// A NumPy <c>.npz</c> archive: a zip or zip64 file of <c>.npy</c> members, stored or deflated. Members may lack the ending <c>.npy</c>,
/// folders may have entries of their own, and other files may lie beside the arrays, as general zip programs write them. Those, and arrays
/// that no weight can be, are passed over and named. Members are streamed from the archive and never written to disk, so their names
/// cannot escape a folder. Lengths and checksums are compared with the bytes that were read.
/// </summary>
internal sealed class NpzCheckpoint : ICheckpoint
{
    private const string MemberSuffix = ".npy";

    /// <summary>The largest released checkpoint has under a thousand members; a directory of millions is an attack on memory.</summary>
    private const int MaximumMembers = 10_000;

    /// <summary>Directory bytes for that many members with long names.</summary>
    private const long MaximumDirectoryLength = 4 << 20;

    /// <summary>The best ratio of deflate is 1,032 to 1; a member that claims more would cost memory for data that cannot exist.</summary>
    private const int MaximumExpansion = 1032;

    /// <summary>
    /// Trained weights hardly compress. An archive that grows by more than this, and beyond <see cref="SmallLength"/>, is a zip bomb.
    /// </summary>
    private const int MaximumArchiveExpansion = 20;

    private const long SmallLength = 64 << 20;

    private readonly ZipArchive _archive;
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _others = new(StringComparer.Ordinal);
    private readonly RecentTensors _recent = new();

    private NpzCheckpoint(string path, ZipArchive archive) => (Path, _archive) = (path, archive);

    public string Path { get; }

    public IReadOnlyList<string> Files => [Path];

    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Others => _others;

    /// <summary>Opens an archive and reads the header of every member.</summary>
    /// <param name="path">The file.</param>
    /// <param name="namesBad">Whether an array that cannot be read is only named, in <see cref="Others"/>.</param>
    /// <exception cref="CheckpointException">The file is not an <c>.npz</c> archive, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static NpzCheckpoint Open(string path, bool namesBad = false)
    {
        var stream = CheckpointFile.OpenRead(path);
        try
        {
            CheckDirectory(stream, path);
            var checkpoint = new NpzCheckpoint(path, new ZipArchive(stream));
            checkpoint.ReadDirectory(stream.Length, namesBad);
            return checkpoint;
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            stream.Dispose();
            throw new CheckpointException($"Checkpoint '{path}' is not an .npz file, or is cut off: {e.Message.TrimEnd('.')}.", e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public string FullName(string name) => name;

    public float[] Read(string name) => _recent.Get(name, () => ReadMember(name, _members[name]));

    public void Dispose()
    {
        _recent.Clear();
        _archive.Dispose();
    }

    // Done before ZipArchive allocates an object per member.
    private static void CheckDirectory(FileStream stream, string path)
    {
        var (members, length) = ZipDirectory.Measure(stream);
        if (members is < 0 or > MaximumMembers)
            throw new CheckpointException($"Checkpoint '{path}' has {(ulong)members} members, expected at most {MaximumMembers}.");
        if (length > MaximumDirectoryLength)
        {
            throw new CheckpointException(
                $"Checkpoint '{path}' has a directory of {length} bytes, expected at most {MaximumDirectoryLength}.");
        }

        stream.Position = 0;
    }

    private void ReadDirectory(long fileLength, bool namesBad)
    {
        Int128 expanded = 0;
        foreach (var entry in _archive.Entries) expanded += entry.Length;
        if (expanded > SmallLength && expanded / MaximumArchiveExpansion > fileLength)
        {
            throw new CheckpointException(
                $"Checkpoint '{Path}' claims to expand from {fileLength} to {expanded} bytes, "
                + $"more than {MaximumArchiveExpansion} times; weights do not.");
        }

        foreach (var entry in _archive.Entries) Add(entry, namesBad);
    }

    private void Add(ZipArchiveEntry entry, bool namesBad)
    {
        if (CheckpointFile.DescribeIfTooLong(entry.FullName) is { } tooLong)
            throw new CheckpointException($"Checkpoint '{Path}' has a member {tooLong}.");
        string name = KeyOf(entry);
        if (EscapesArchive(name)) throw Damaged(name, "its name is an absolute path or leads out of the archive with '..'");
        if (IsFolder(entry)) return;
        try
        {
            AddArray(name, entry);
        }
        catch (FormatException e)
        {
            if (!namesBad) throw Damaged(name, e.Message, e);
            if (!_others.TryAdd(name, e.Message.TrimEnd('.'))) throw Doubled(name);
        }
    }

    /// <exception cref="FormatException">Why the member cannot be read.</exception>
    private void AddArray(string name, ZipArchiveEntry entry)
    {
        if (entry.IsEncrypted) throw new FormatException("it is encrypted");
        NpyHeader? header;
        try
        {
            header = ReadHeader(entry);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw new FormatException(e.Message, e);
        }

        if (header?.Type.Type is not { } type)
        {
            string what = header is null
                ? $"it is not a {MemberSuffix} array"
                : $"it is an array of {header.Type.Name} {TensorInfo.FormatShape(header.Shape)}, which no weight can be";
            if (_members.ContainsKey(name) || !_others.TryAdd(header is null ? entry.FullName : name, what)) throw Doubled(name);
            return;
        }

        long dataLength = header.Count * type.SizeOf();
        if (entry.Length - header.HeaderLength != dataLength)
        {
            throw new FormatException(
                $"shape {TensorInfo.FormatShape(header.Shape)} of {type.DisplayName()} needs {dataLength} bytes, "
                + $"but the member has {entry.Length - header.HeaderLength}");
        }

        if (entry.Length / MaximumExpansion > entry.CompressedLength)
        {
            throw new FormatException(
                $"it claims to expand from {entry.CompressedLength} to {entry.Length} bytes, more than deflate can");
        }

        if (_others.ContainsKey(name) || !_members.TryAdd(name, new Member(entry, header, type))) throw Doubled(name);
        _tensors.Add(name, new TensorInfo(name, type, header.Shape));
    }

    // Null for a file that is no array: a note beside the weights, or what a system adds to an archive of its own accord.
    private static NpyHeader? ReadHeader(ZipArchiveEntry entry)
    {
        if (!entry.FullName.EndsWith(MemberSuffix, StringComparison.Ordinal) || IsOfSystem(entry.FullName))
        {
            using var start = entry.Open();
            Span<byte> bytes = stackalloc byte[8];
            if (!NpyHeader.IsArray(bytes[..start.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)])) return null;
        }

        using var stream = entry.Open();
        return NpyHeader.Read(stream);
    }

    // macOS puts a file of attributes beside each file, by the same name with a prefix.
    private static bool IsOfSystem(string name)
        => name.StartsWith("__MACOSX/", StringComparison.Ordinal)
            || name[(name.LastIndexOf('/') + 1)..].StartsWith("._", StringComparison.Ordinal);

    private static string KeyOf(ZipArchiveEntry entry)
        => entry.FullName.EndsWith(MemberSuffix, StringComparison.Ordinal) ? entry.FullName[..^MemberSuffix.Length] : entry.FullName;

    private float[] ReadMember(string name, Member member)
    {
        var (entry, header, type) = member;
        if (header.Count > Array.MaxLength) throw Damaged(name, $"it has {header.Count} elements, more than one array can hold");
        float[] values = new float[header.Count];
        try
        {
            using var stream = entry.Open();
            var checksum = new Crc32();
            byte[] start = new byte[header.HeaderLength];
            stream.ReadExactly(start);
            checksum.Append(start);
            TensorData.Read(stream, type, values, header.Type.IsBigEndian, checksum.Append);
            if (stream.ReadByte() >= 0) throw Damaged(name, "the member is longer than the archive says");
            if (checksum.GetCurrentHashAsUInt32() != entry.Crc32)
                throw Damaged(name, $"its CRC-32 is {checksum.GetCurrentHashAsUInt32():x8}, expected {entry.Crc32:x8}");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(name, e.Message, e);
        }

        if (TensorData.FindNonFinite(values) is { } problem) throw Damaged(name, problem);
        if (!header.FortranOrder) return values;
        // Column-major data is row-major data of the reversed shape.
        int[] axes = [.. Enumerable.Range(0, header.Shape.Count).Reverse()];
        return TensorData.Permute(values, [.. header.Shape.Reverse()], axes);
    }

    private static bool IsFolder(ZipArchiveEntry entry) => entry.Length == 0 && entry.FullName.EndsWith('/');

    // Members are never written to disk, so such a name could do no harm here, but no honest archive has one.
    private static bool EscapesArchive(string name)
        => name.StartsWith('/') || name.StartsWith('\\') || (name.Length > 1 && name[1] == ':') || name.Split('/', '\\').Contains("..");

    private CheckpointException Damaged(string name, string what, Exception? inner = null)
        => new($"Key '{name}' of checkpoint '{Path}' cannot be read: {what.TrimEnd('.')}.", inner);

    private CheckpointException Doubled(string name) => Damaged(name, "it is in the archive more than once");

    private sealed record Member(ZipArchiveEntry Entry, NpyHeader Header, ElementType Type);
}
