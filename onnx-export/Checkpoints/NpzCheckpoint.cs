using System.IO.Compression;
using System.IO.Hashing;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// A NumPy <c>.npz</c> archive: a zip or zip64 file of <c>.npy</c> members, stored or deflated. Members may lack the ending <c>.npy</c>,
/// and folders may have entries of their own, as general zip programs write them. Members are streamed from the archive and never written
/// to disk, so their names cannot escape a folder. Lengths and checksums are compared with the bytes that were read.
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
    private readonly RecentTensors _recent = new();

    private NpzCheckpoint(string path, ZipArchive archive) => (Path, _archive) = (path, archive);

    public string Path { get; }

    public IReadOnlyList<string> Files => [Path];

    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Opens an archive and reads the header of every member.</summary>
    /// <exception cref="CheckpointException">The file is not an <c>.npz</c> archive, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static NpzCheckpoint Open(string path)
    {
        var stream = CheckpointFile.OpenRead(path);
        try
        {
            CheckDirectory(stream, path);
            var checkpoint = new NpzCheckpoint(path, new ZipArchive(stream));
            checkpoint.ReadDirectory(stream.Length);
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

    private void ReadDirectory(long fileLength)
    {
        Int128 expanded = 0;
        foreach (var entry in _archive.Entries) expanded += entry.Length;
        if (expanded > SmallLength && expanded / MaximumArchiveExpansion > fileLength)
        {
            throw new CheckpointException(
                $"Checkpoint '{Path}' claims to expand from {fileLength} to {expanded} bytes, "
                + $"more than {MaximumArchiveExpansion} times; weights do not.");
        }

        foreach (var entry in _archive.Entries) Add(entry);
    }

    private void Add(ZipArchiveEntry entry)
    {
        if (CheckpointFile.DescribeIfTooLong(entry.FullName) is { } tooLong)
            throw new CheckpointException($"Checkpoint '{Path}' has a member {tooLong}.");
        bool hasSuffix = entry.FullName.EndsWith(MemberSuffix, StringComparison.Ordinal);
        string name = hasSuffix ? entry.FullName[..^MemberSuffix.Length] : entry.FullName;
        if (EscapesArchive(name)) throw Damaged(name, "its name is an absolute path or leads out of the archive with '..'");
        if (IsFolder(entry)) return;
        if (entry.IsEncrypted) throw Damaged(name, "it is encrypted");
        NpyHeader header;
        try
        {
            using var stream = entry.Open();
            header = NpyHeader.Read(stream);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw hasSuffix
                ? Damaged(name, e.Message, e)
                : new CheckpointException($"Checkpoint '{Path}' has a member '{name}' that is not a {MemberSuffix} array.", e);
        }

        if (entry.Length - header.HeaderLength != header.DataLength)
        {
            throw Damaged(
                name,
                $"shape {TensorInfo.FormatShape(header.Shape)} of {header.Type.DisplayName()} needs {header.DataLength} bytes, "
                + $"but the member has {entry.Length - header.HeaderLength}");
        }

        if (entry.Length / MaximumExpansion > entry.CompressedLength)
            throw Damaged(name, $"it claims to expand from {entry.CompressedLength} to {entry.Length} bytes, more than deflate can");
        if (!_members.TryAdd(name, new Member(entry, header))) throw Damaged(name, "it is in the archive more than once");
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
            byte[] start = new byte[header.HeaderLength];
            stream.ReadExactly(start);
            checksum.Append(start);
            TensorData.Read(stream, header.Type, values, checksum.Append);
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

    private sealed record Member(ZipArchiveEntry Entry, NpyHeader Header);
}
