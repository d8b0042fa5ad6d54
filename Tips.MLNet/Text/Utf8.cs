using System.Buffers;
using System.Text;

namespace Tips.MLNet.Text;

/// <summary>Steps through UTF-8 as the SentencePiece library does.</summary>
internal static class Utf8
{
    /// <summary>Length of a character from its first byte, 1 to 4. Continuation bytes count as 1.</summary>
    public static int LengthOf(byte first) => first switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };

    /// <summary>Length of the first character, or 0 if it is malformed.</summary>
    public static int ValidLength(ReadOnlySpan<byte> text)
        => Rune.DecodeFromUtf8(text, out _, out int length) == OperationStatus.Done ? length : 0;
}
