using System.Buffers.Binary;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// Looks at the end of a zip file before a library reads its directory into memory: what the directory claims, and how long it really is.
/// </summary>
internal static class ZipDirectory
{
    private const int EndLength = 22, LocatorLength = 20, End64Length = 56, MaximumCommentLength = ushort.MaxValue;

    private static ReadOnlySpan<byte> EndSignature => "PK\u0005\u0006"u8;

    private static ReadOnlySpan<byte> LocatorSignature => "PK\u0006\u0007"u8;

    private static ReadOnlySpan<byte> End64Signature => "PK\u0006\u0006"u8;

    /// <param name="stream">The archive.</param>
    /// <returns>The number of members, and the bytes from the start of the directory to the end of the file.</returns>
    /// <exception cref="FormatException">The file does not end like a zip file.</exception>
    public static (long Members, long Length) Measure(Stream stream)
    {
        int tailLength = (int)Math.Min(stream.Length, EndLength + MaximumCommentLength);
        byte[] tail = Read(stream, stream.Length - tailLength, tailLength);
        int at = tail.AsSpan(0, Math.Max(tail.Length - EndLength + EndSignature.Length, 0)).LastIndexOf(EndSignature);
        if (at < 0) throw new FormatException("it has no end-of-directory record of a zip file");
        var end = tail.AsSpan(at);
        long members = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        long start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (at >= LocatorLength && tail.AsSpan(at - LocatorLength).StartsWith(LocatorSignature))
        {
            long end64 = BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(at - LocatorLength + 8));
            if (end64 < 0 || end64 > stream.Length - End64Length)
                throw new FormatException($"its zip64 end-of-directory record is said to be at byte {end64}, outside the file");
            byte[] record = Read(stream, end64, End64Length);
            if (!record.AsSpan().StartsWith(End64Signature))
                throw new FormatException($"it has no zip64 end-of-directory record at byte {end64}");
            // Readers differ in which of the two records they trust, so assume the worse one.
            long members64 = BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(32));
            long start64 = BinaryPrimitives.ReadInt64LittleEndian(record.AsSpan(48));
            members = members == ushort.MaxValue || members64 < 0 ? members64 : Math.Max(members, members64);
            start = start == uint.MaxValue || start64 < 0 ? start64 : Math.Min(start, start64);
        }

        if (start < 0 || start > stream.Length)
            throw new FormatException($"its directory is said to start at byte {start}, outside the file");
        return (members, stream.Length - start);
    }

    private static byte[] Read(Stream stream, long start, int count)
    {
        byte[] bytes = new byte[count];
        stream.Position = start;
        stream.ReadExactly(bytes);
        return bytes;
    }
}
