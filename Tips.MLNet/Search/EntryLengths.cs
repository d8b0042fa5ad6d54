using System.Buffers.Binary;

namespace Tips.MLNet.Search;

/// <summary>The beginning of an entry in the table of an index file.</summary>
/// <param name="Id">Bytes of its id.</param>
/// <param name="Payload">Bytes of its payload; −1 if it has none.</param>
internal readonly record struct EntryLengths(int Id, int Payload)
{
    /// <summary>Bytes of the two lengths in the file.</summary>
    public const int Length = 2 * sizeof(int);

    /// <summary>Bytes of the two texts.</summary>
    public long Texts => (long)Id + Math.Max(Payload, 0);

    public static EntryLengths Read(ReadOnlySpan<byte> bytes)
        => new(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]));

    /// <param name="number">The entry, for the message.</param>
    /// <param name="left">Bytes of the table behind the lengths.</param>
    /// <exception cref="InvalidDataException">The texts would be longer than the rest of the table.</exception>
    public void Check(int number, long left)
    {
        if (Id < 0 || Payload < -1 || Texts > left)
            throw new InvalidDataException($"its entry {number} claims texts of {Id} and {Payload} bytes, but its table has {left} left");
    }

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Id);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[sizeof(int)..], Payload);
    }
}
