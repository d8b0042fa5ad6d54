namespace Tips.MLNet.Text;

/// <summary>
/// SentencePiece's normalizer: applies the model's character map, folds white space, writes spaces as ▁, and adds one in front.
/// User-defined pieces are left as they are. Immutable and thread-safe.
/// </summary>
internal sealed class TextNormalizer(NormalizerSettings settings, CharacterMap? map, PieceTrie userDefined)
{
    private static ReadOnlySpan<byte> EscapedSpace => "▁"u8;

    private static ReadOnlySpan<byte> ReplacementCharacter => "\uFFFD"u8;

    /// <param name="text">UTF-8.</param>
    /// <param name="result">Receives the normalized text.</param>
    public void Normalize(ReadOnlySpan<byte> text, ref ByteBuffer result)
    {
        if (settings.RemoveExtraWhitespaces)
        {
            while (!text.IsEmpty)
            {
                int consumed = Next(text, out var first);
                if (!first.SequenceEqual(" "u8)) break;
                text = text[consumed..];
            }
        }

        if (text.IsEmpty) return;
        var space = settings.EscapeWhitespaces ? EscapedSpace : " "u8;
        if (settings.AddDummyPrefix && !settings.TreatWhitespaceAsSuffix) result.Append(space);
        bool afterSpace = settings.RemoveExtraWhitespaces;
        while (!text.IsEmpty)
        {
            text = text[Next(text, out var piece)..];
            while (afterSpace && piece.StartsWith(" "u8)) piece = piece[1..];
            if (!piece.IsEmpty)
            {
                foreach (byte value in piece)
                {
                    if (value == (byte)' ') result.Append(space);
                    else result.Append(value);
                }

                afterSpace = piece[^1] == (byte)' ';
            }

            if (!settings.RemoveExtraWhitespaces) afterSpace = false;
        }

        if (settings.RemoveExtraWhitespaces)
        {
            while (result.Written.EndsWith(space)) result.Length -= space.Length;
        }

        if (settings.AddDummyPrefix && settings.TreatWhitespaceAsSuffix) result.Append(space);
    }

    // Normalizes the start of the text, and returns how many bytes of the text that was.
    private int Next(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> normalized)
    {
        int length = userDefined.LongestPrefix(text);
        if (length > 0)
        {
            normalized = text[..length];
            return length;
        }

        if (map is not null && map.LongestRule(text, out normalized) is > 0 and int replaced) return replaced;
        length = Utf8.ValidLength(text);
        normalized = length == 0 ? ReplacementCharacter : text[..length];
        return Math.Max(length, 1);
    }
}

/// <summary>How a model normalizes text.</summary>
/// <param name="AddDummyPrefix">Add a space in front (or at the end, see the last parameter).</param>
/// <param name="RemoveExtraWhitespaces">Remove leading and trailing spaces and fold runs of them.</param>
/// <param name="EscapeWhitespaces">Write spaces as ▁.</param>
/// <param name="TreatWhitespaceAsSuffix">Add that space at the end.</param>
internal sealed record NormalizerSettings(
    bool AddDummyPrefix, bool RemoveExtraWhitespaces, bool EscapeWhitespaces, bool TreatWhitespaceAsSuffix);
