using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tips.MLNet.Text;

/// <summary>
/// The normalizers of a <c>tokenizer.json</c>: lowercasing of all letters, and SentencePiece's character map as Hugging Face's library
/// applies it. Immutable and thread-safe.
/// </summary>
/// <param name="lowerCase">Whether letters are lowercased, each by itself.</param>
/// <param name="map">The character map, which comes after that; null if there is none.</param>
internal sealed class HuggingFaceNormalizer(bool lowerCase, CharacterMap? map)
{
    /// <summary>A cluster of fewer bytes is looked up as a whole.</summary>
    private const int LongestCluster = 6;

    private const int CapitalDottedI = 0x130;

    public string Normalize(string text)
    {
        if (lowerCase) text = Lower(text);
        return map is null ? text : Map(text);
    }

    // One character at a time, so that a sigma at the end of a word becomes no other than within one. The dotted I is the only letter that
    // becomes two characters.
    private static string Lower(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == CapitalDottedI) result.Append("i\u0307");
            else result.Append(Rune.ToLowerInvariant(rune));
        }

        return result.ToString();
    }

    // SentencePiece takes the longest rule at each place. Here, what the shortest rule at the start of a grapheme cluster gives replaces
    // the whole cluster if it is short; other clusters are replaced character by character.
    private string Map(string text)
    {
        var result = new ArrayBufferWriter<byte>(text.Length + 16);
        byte[] bytes = [], character = new byte[4];
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            int length = StringInfo.GetNextTextElementLength(rest);
            int byteCount = Encoding.UTF8.GetByteCount(rest[..length]);
            if (bytes.Length < byteCount) bytes = new byte[2 * byteCount];
            var cluster = bytes.AsSpan(0, Encoding.UTF8.GetBytes(rest[..length], bytes));
            if (cluster.Length < LongestCluster && map!.TryShortestRule(cluster, out var replacement))
            {
                result.Write(replacement);
            }
            else
            {
                foreach (var rune in rest[..length].EnumerateRunes())
                {
                    ReadOnlySpan<byte> one = character.AsSpan(0, rune.EncodeToUtf8(character));
                    result.Write(map!.TryShortestRule(one, out replacement) ? replacement : one);
                }
            }

            rest = rest[length..];
        }

        return Encoding.UTF8.GetString(result.WrittenSpan);
    }
}
