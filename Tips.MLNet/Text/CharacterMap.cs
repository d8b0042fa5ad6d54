using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Tips.MLNet.Text;

/// <summary>
/// SentencePiece's precompiled normalization rules: a double array (in the format of the Darts-clone library) over the bytes to replace,
/// whose values are offsets into a list of zero-terminated replacements. Immutable and thread-safe.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <exception cref="InvalidDataException">The rules are damaged.</exception>
    public CharacterMap(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(uint)) throw new InvalidDataException($"its character map has {bytes.Length} bytes, expected at least 4");
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        bytes = bytes[sizeof(uint)..];
        if (length == 0 || length % sizeof(uint) != 0 || length >= bytes.Length)
            throw new InvalidDataException($"its character map claims a table of {length} bytes, but has {bytes.Length}");
        _units = MemoryMarshal.Cast<byte, uint>(bytes[..(int)length]).ToArray();
        _replacements = bytes[(int)length..].ToArray();
        if (_replacements[^1] != 0) throw new InvalidDataException("its character map does not end with a zero");
    }

    /// <summary>Finds the longest rule that matches the start of <paramref name="text"/>.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="replacement">The replacement, UTF-8.</param>
    /// <returns>Number of bytes that it replaces; 0 if no rule applies.</returns>
    public int LongestRule(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        int longest = 0;
        uint value = 0, position = Offset(_units[0]);
        for (int i = 0; i < text.Length; i++)
        {
            position ^= text[i];
            if (position >= (uint)_units.Length || Label(_units[position]) != text[i]) break;
            uint unit = _units[position];
            position ^= Offset(unit);
            if (!HasLeaf(unit) || position >= (uint)_units.Length) continue;
            (longest, value) = (i + 1, _units[position] & 0x7FFFFFFF);
        }

        replacement = default;
        if (longest == 0 || value >= (uint)_replacements.Length) return 0;
        var rest = _replacements.AsSpan((int)value);
        replacement = rest[..rest.IndexOf((byte)0)];
        return longest;
    }

    /// <summary>Finds the shortest rule that matches the start of <paramref name="text"/>.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="replacement">The replacement, UTF-8.</param>
    public bool TryShortestRule(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        uint position = Offset(_units[0]);
        foreach (byte next in text)
        {
            if (next == 0) return false;
            position ^= next;
            if (position >= (uint)_units.Length || Label(_units[position]) != next) return false;
            uint unit = _units[position];
            position ^= Offset(unit);
            if (!HasLeaf(unit)) continue;
            if (position >= (uint)_units.Length || (_units[position] & 0x7FFFFFFF) >= (uint)_replacements.Length) return false;
            var rest = _replacements.AsSpan((int)(_units[position] & 0x7FFFFFFF));
            replacement = rest[..rest.IndexOf((byte)0)];
            return true;
        }

        return false;
    }

    private static bool HasLeaf(uint unit) => (unit & 0x100) != 0;

    private static uint Label(uint unit) => unit & 0x800000FF;

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
