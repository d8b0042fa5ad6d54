using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Tips.MLNet.Search;

/// <summary>
/// The ids and payloads of a mapped index file. Creating a million strings would take longer than everything else in opening the file, so
/// they are created on demand. All that is kept for an entry is where it begins and its place in a hash table of the ids.
/// </summary>
internal sealed unsafe class MappedEntries
{
    private readonly byte* _table;
    private readonly long[] _starts;

    // The upper half of a slot is the hash of an id, the lower half the number of its entry plus 1. An empty slot is 0.
    private readonly ulong[] _slots;

    /// <summary>Checks every entry.</summary>
    /// <param name="table">The table; must outlive this object.</param>
    /// <param name="header">The header of the file.</param>
    /// <exception cref="InvalidDataException">The table is damaged, or has an id twice.</exception>
    /// <exception cref="DecoderFallbackException">A text is not UTF-8.</exception>
    public MappedEntries(byte* table, IndexHeader header)
    {
        _table = table;
        _starts = new long[header.Count];
        _slots = new ulong[BitOperations.RoundUpToPowerOf2(2UL * (uint)header.Count + 1)];
        long position = 0;
        for (int i = 0; i < header.Count; i++)
        {
            _starts[i] = position;
            var lengths = Lengths(i); // hashes follow the table, so there are bytes to read even where the table ends too early
            lengths.Check(i, header.TableLength - position - EntryLengths.Length);
            var id = Bytes(position + EntryLengths.Length, lengths.Id);
            CheckUtf8(id);
            CheckUtf8(Bytes(position + EntryLengths.Length + lengths.Id, Math.Max(lengths.Payload, 0)));
            if (!TryAdd(id, i)) throw new InvalidDataException($"it has the id '{IndexEntry.StrictUtf8.GetString(id)}' twice");
            position += EntryLengths.Length + lengths.Texts;
        }

        header.CheckTableEnd(position, Bytes(header.TableLength, header.PaddingLength));
    }

    /// <summary>Makes the strings of an entry.</summary>
    public IndexEntry this[int number]
    {
        get
        {
            var lengths = Lengths(number);
            long start = _starts[number] + EntryLengths.Length + lengths.Id;
            return new IndexEntry(
                IdOf(number), lengths.Payload < 0 ? null : IndexEntry.StrictUtf8.GetString(Bytes(start, lengths.Payload)));
        }
    }

    /// <summary>Makes the id of an entry.</summary>
    public string IdOf(int number) => IndexEntry.StrictUtf8.GetString(Id(number));

    /// <summary>Gets the number of the entry that has an id.</summary>
    public bool TryFind(string id, out int number)
    {
        // A string with a lone surrogate is no entry's id, but its UTF-8, with a replacement character, could be: hence the last check.
        byte[] bytes = Encoding.UTF8.GetBytes(id);
        number = (int)(uint)_slots[Slot(bytes, Hash(bytes))] - 1;
        return number >= 0 && IdOf(number) == id;
    }

    private static void CheckUtf8(ReadOnlySpan<byte> bytes)
    {
        // The decoder is slower, but throws the same exceptions as the other ways of reading.
        if (!Utf8.IsValid(bytes)) IndexEntry.StrictUtf8.GetCharCount(bytes);
    }

    // Its seed differs from process to process, so nobody can craft a file whose ids all fall into one slot.
    private static uint Hash(ReadOnlySpan<byte> id)
    {
        var hash = default(HashCode);
        hash.AddBytes(id);
        return (uint)hash.ToHashCode();
    }

    private bool TryAdd(ReadOnlySpan<byte> id, int number)
    {
        uint hash = Hash(id);
        ref ulong slot = ref _slots[Slot(id, hash)];
        if (slot != 0) return false;
        slot = ((ulong)hash << 32) | (uint)(number + 1);
        return true;
    }

    /// <summary>The slot of an id, or the empty one where it would be.</summary>
    private int Slot(ReadOnlySpan<byte> id, uint hash)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            ulong found = _slots[slot];
            if (found == 0 || ((uint)(found >> 32) == hash && Id((int)(uint)found - 1).SequenceEqual(id))) return slot;
        }
    }

    private ReadOnlySpan<byte> Id(int number) => Bytes(_starts[number] + EntryLengths.Length, Lengths(number).Id);

    private EntryLengths Lengths(int number) => EntryLengths.Read(Bytes(_starts[number], EntryLengths.Length));

    private ReadOnlySpan<byte> Bytes(long start, int length) => new(_table + start, length);
}
