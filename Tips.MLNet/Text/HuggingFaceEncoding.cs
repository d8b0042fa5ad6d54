using System.Text;

namespace Tips.MLNet.Text;

/// <summary>
/// The encoding of a <c>tokenizer.json</c>, as Hugging Face's library does it: special tokens are cut out of the text first; what is
/// between them is normalized and split at white space; each word gets a ▁ in front and is split by itself.
/// </summary>
/// <param name="normalizer">The normalizers.</param>
/// <param name="special">The special tokens, which are found in the text as it is written.</param>
/// <param name="segmenter">Splits a word.</param>
/// <param name="splitAtSpaces">Whether a ▁ within a word begins another one.</param>
internal sealed class HuggingFaceEncoding(
    HuggingFaceNormalizer normalizer, PieceTrie special, MergeSegmenter segmenter, bool splitAtSpaces) : ITextEncoding
{
    private const char Space = '▁';

    private static ReadOnlySpan<byte> SpaceBytes => "▁"u8;

    public void Encode(ReadOnlySpan<char> text, bool normalize, ref ByteBuffer normalized, List<Segment> segments)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        int begin = 0;
        for (int at = 0; at < bytes.Length;)
        {
            int length = special.LongestPrefix(bytes.AsSpan(at));
            if (length == 0)
            {
                at++;
                continue;
            }

            EncodeText(bytes.AsSpan(begin, at - begin), normalize, ref normalized, segments);
            var token = bytes.AsSpan(at, length);
            segments.Add(new Segment(special.Find(token), normalized.Length, length));
            normalized.Append(token);
            begin = at += length;
        }

        EncodeText(bytes.AsSpan(begin), normalize, ref normalized, segments);
    }

    private void EncodeText(ReadOnlySpan<byte> bytes, bool normalize, ref ByteBuffer normalized, List<Segment> segments)
    {
        if (bytes.IsEmpty) return;
        string text = Encoding.UTF8.GetString(bytes);
        if (normalize) text = normalizer.Normalize(text);
        for (int start = 0; start < text.Length;)
        {
            if (char.IsWhiteSpace(text[start]))
            {
                start++;
                continue;
            }

            int end = start + 1;
            while (end < text.Length && !char.IsWhiteSpace(text[end])) end++;
            EncodeWord(text.AsSpan(start, end - start), ref normalized, segments);
            start = end;
        }
    }

    private void EncodeWord(ReadOnlySpan<char> word, ref ByteBuffer normalized, List<Segment> segments)
    {
        bool hasSpace = word[0] == Space;
        while (!word.IsEmpty)
        {
            int length = word.Length;
            if (splitAtSpaces && word[1..].IndexOf(Space) is >= 0 and int next) length = next + 1;
            int start = normalized.Length;
            if (!hasSpace) normalized.Append(SpaceBytes);
            hasSpace = true; // only the first part lacks it
            normalized.Append(Encoding.UTF8.GetBytes(word[..length].ToString()));
            segmenter.Segment(normalized.Written[start..], start, segments);
            word = word[length..];
        }
    }
}
