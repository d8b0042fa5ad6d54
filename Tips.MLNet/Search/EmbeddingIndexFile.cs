using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Tips.MLNet.Search;

namespace Tips.MLNet.Search;

/// <summary>
/// How an index lies on disk: a mark, dimension and count, then every entry's id, payload and row (little-endian float32), then the SHA-256 of all that.
/// </summary>
internal static class EmbeddingIndexFile
{
    public delegate void RowReader(int row, Span<float> destination);

    public delegate void EntryWriter<TIndex>(TIndex index, string id, string? payload, ReadOnlySpan<float> row);

    private const int BufferSize = 1 << 20;

    private static readonly byte[] Mark = "TIPSIDX1"u8.ToArray();

    public static void Write(string path, int dimension, IReadOnlyList<(string Id, string? Payload)> entries, RowReader readRow)
    {
        var info = new FileInfo(path);
        path = info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName; // a link stays one
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}' for the index.");
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize))
            using (var sha = SHA256.Create())
            {
                using (var hashed = new CryptoStream(file, sha, CryptoStreamMode.Write, leaveOpen: true))
                using (var writer = new BinaryWriter(hashed, EmbeddingIndex.StrictUtf8))
                {
                    writer.Write(Mark);
                    writer.Write(dimension);
                    writer.Write(entries.Count);
                    float[] row = new float[dimension];
                    for (int i = 0; i < entries.Count; i++)
                    {
                        writer.Write(entries[i].Id);
                        writer.Write(entries[i].Payload is not null);
                        if (entries[i].Payload is { } payload) writer.Write(payload);
                        readRow(i, row);
                        writer.Write(MemoryMarshal.AsBytes(row.AsSpan()));
                    }
                }

                file.Write(sha.Hash!);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    public static TIndex Read<TIndex>(string path, Func<int, TIndex> create, EntryWriter<TIndex> add)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no index '{path}'.", path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, FileOptions.SequentialScan);
        try
        {
            // Before anything in it is believed.
            CheckHash(file);
            file.Position = Mark.Length;
            using var reader = new BinaryReader(file, EmbeddingIndex.StrictUtf8, leaveOpen: true);
            int dimension = reader.ReadInt32(), count = reader.ReadInt32();
            if (dimension is < 1 or > NeighborIndex.MaximumDimension) throw new InvalidDataException($"its embeddings have {dimension} values, expected 1 to {NeighborIndex.MaximumDimension}");
            if (count < 0 || (long)count * dimension * sizeof(float) > file.Length) throw new InvalidDataException($"it claims {count} entries of {dimension} values, but has {file.Length} bytes");
            var index = create(dimension);
            float[] row = new float[dimension];
            for (int i = 0; i < count; i++)
            {
                string id = reader.ReadString();
                string? payload = reader.ReadBoolean() ? reader.ReadString() : null;
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(row.AsSpan()));
                if (!TensorPrimitives.IsFiniteAll<float>(row)) throw new InvalidDataException($"the embedding of '{id}' has a value that is not finite");
                double norm = TensorPrimitives.Norm<float>(row);
                if (norm > 0 && Math.Abs(norm - 1) > 1e-3) throw new InvalidDataException($"the embedding of '{id}' has the length {norm}, expected 1 or 0");
                add(index, id, payload, row);
            }

            if (file.Position != file.Length - SHA256.HashSizeInBytes) throw new InvalidDataException("it goes on after its last entry");

            return index;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or DecoderFallbackException || e.GetType() == typeof(IOException))
        {
            throw new InvalidDataException($"Index '{path}' cannot be read: {e.Message}.", e);
        }
    }

    private static void CheckHash(FileStream file)
    {
        byte[] mark = new byte[Mark.Length];
        if (file.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) < mark.Length || !mark.AsSpan().SequenceEqual(Mark)) throw new InvalidDataException("it is no index of embeddings");
        long content = file.Length - SHA256.HashSizeInBytes;
        if (content < Mark.Length) throw new InvalidDataException("it is cut off");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(mark);
        byte[] buffer = new byte[BufferSize];
        for (long left = content - Mark.Length; left > 0;)
        {
            int read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0) throw new InvalidDataException("it is cut off");
            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        byte[] expected = new byte[SHA256.HashSizeInBytes];
        file.ReadExactly(expected);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(expected)) throw new InvalidDataException("its SHA-256 is not the one at its end: it is damaged or cut off");
    }
}
