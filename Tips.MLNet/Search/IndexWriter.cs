using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Tips.MLNet.Search;

/// <summary>Writes an index in one pass; see <see cref="IndexHeader"/> for the layout.</summary>
internal static class IndexWriter
{
    /// <summary>Bytes of entries collected before they are written.</summary>
    private const int BytesAtOnce = 1 << 20;

    public static void Write(Stream stream, IndexState state, string description, CancellationToken cancellationToken)
    {
        long tableLength = 0;
        for (int i = 0; i < state.Count; i++)
        {
            var entry = state.Entry(i);
            tableLength += EntryLengths.Length + ByteCount(entry.Id) + (entry.Payload is null ? 0 : ByteCount(entry.Payload));
        }

        byte[] descriptionBytes = IndexEntry.StrictUtf8.GetBytes(description);
        var header = new IndexHeader(state.Rows.Dimension, state.Count, descriptionBytes.Length, tableLength);
        using var output = new HashingWriter(stream);
        output.Write(header.ToBytes());
        output.Write(descriptionBytes);
        WriteTable(output, state, cancellationToken);
        output.Write(new byte[header.PaddingLength]);
        byte[] tableHash = output.TakeHash();
        WriteRows(output, state.Rows, cancellationToken);
        byte[] rowsHash = output.TakeHash();
        output.Write(tableHash);
        output.Write(rowsHash);
        stream.Flush();
    }

    private static int ByteCount(string text) => IndexEntry.StrictUtf8.GetByteCount(text);

    private static void WriteTable(HashingWriter output, IndexState state, CancellationToken cancellationToken)
    {
        var buffer = new MemoryStream();
        byte[] lengths = new byte[EntryLengths.Length];
        for (int i = 0; i < state.Count; i++)
        {
            if (i == 0 || buffer.Length >= BytesAtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Flush();
            }

            var entry = state.Entry(i);
            byte[] id = IndexEntry.StrictUtf8.GetBytes(entry.Id);
            byte[]? payload = entry.Payload is null ? null : IndexEntry.StrictUtf8.GetBytes(entry.Payload);
            new EntryLengths(id.Length, payload?.Length ?? -1).Write(lengths);
            buffer.Write(lengths);
            buffer.Write(id);
            buffer.Write(payload);
        }

        Flush();

        void Flush()
        {
            output.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
            buffer.SetLength(0);
        }
    }

    private static void WriteRows(HashingWriter output, RowSet rows, CancellationToken cancellationToken)
    {
        for (int block = 0; block < rows.BlockCount; block++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var panels = rows.Block(block);
            int unused = block == rows.BlockCount - 1 ? Panels.Count(rows.Count) * Panels.Rows - rows.Count : 0;
            if (unused > 0)
            {
                // Remains of removed rows in the last panel must not get into the file.
                float[] last = panels[^rows.PanelLength..].ToArray();
                for (int start = Panels.Rows - unused; start < last.Length; start += Panels.Rows) last.AsSpan(start, unused).Clear();
                output.Write(MemoryMarshal.AsBytes(panels[..^rows.PanelLength]));
                output.Write(MemoryMarshal.AsBytes(last.AsSpan()));
            }
            else
            {
                output.Write(MemoryMarshal.AsBytes(panels));
            }
        }
    }

    /// <summary>A stream and the SHA-256 of what went into it.</summary>
    private sealed class HashingWriter(Stream stream) : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public void Write(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            stream.Write(bytes);
        }

        /// <summary>The hash of what was written since the last call.</summary>
        public byte[] TakeHash() => _hash.GetHashAndReset();

        public void Dispose() => _hash.Dispose();
    }
}
