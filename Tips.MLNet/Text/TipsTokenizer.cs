using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>
/// The tokenizer of the TIPS text encoder. It lowercases ASCII letters and splits the text with a SentencePiece model (unigram or BPE),
/// giving the same ids as the SentencePiece library. It adds no token at the beginning or end of a text.
/// </summary>
/// <remarks>
/// <para>Any string is accepted; a lone surrogate counts as U+FFFD. Only A to Z are lowercased, as in the reference ('É' stays 'É').</para>
/// <para>Members inherited from <see cref="Tokenizer"/> return all tokens of a text, but the encoder reads only the first
/// <see cref="MaximumLength"/>. Use <see cref="Encode"/> and <see cref="EncodeBatch"/> for the encoder.</para>
/// <para>Immutable and thread-safe.</para>
/// </remarks>
public sealed class TipsTokenizer : Tokenizer
{
    /// <summary>The most tokens that the text encoder reads; the rest of a text is cut off.</summary>
    public const int MaximumLength = 64;

    /// <summary>The id that pads a batch. A TIPS model reserves it, so no text contains it.</summary>
    public const int PadId = 0;

    private const int MaximumKeptSegments = 1 << 16;

    [ThreadStatic]
    private static List<Segment>? _segments;

    private readonly SentencePieceModel _model;
    private readonly ISegmenter _segmenter;

    private TipsTokenizer(SentencePieceModel model, bool lowerCase)
    {
        _model = model;
        LowerCase = lowerCase;
        bool isBpe = model.ModelType == SentencePiece.TrainerProto.Types.ModelType.Bpe;
        _segmenter = isBpe ? new BpeSegmenter(model) : new UnigramSegmenter(model);
    }

    /// <summary>Whether A to Z are lowercased first; true for every released model.</summary>
    public bool LowerCase { get; }

    /// <summary>Whether <see cref="PadId"/> is a control piece, which no text contains. The text encoder requires that.</summary>
    internal bool ReservesPad => _model.Is(PadId, PieceType.Control);

    /// <summary>Number of pieces. Ids are smaller than this.</summary>
    public int VocabularySize => _model.Count;

    /// <summary>The id for text that no piece covers.</summary>
    public int UnknownId => _model.UnknownId;

    /// <summary>Reads a SentencePiece model file, such as the released <c>tokenizer.model</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lowerCase">Whether to lowercase A to Z, as every released model requires.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not a SentencePiece model, is damaged, or is neither unigram nor BPE.</exception>
    public static TipsTokenizer Load(string path, bool lowerCase = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no tokenizer '{path}'.", path);
        return Load(File.ReadAllBytes(path), $"Tokenizer '{path}'", lowerCase);
    }

    /// <summary>Reads a SentencePiece model from a stream.</summary>
    /// <param name="stream">The content of a model file. It is read to its end and not disposed.</param>
    /// <param name="lowerCase">Whether to lowercase A to Z, as every released model requires.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="InvalidDataException">
    /// The content is not a SentencePiece model, is damaged, or is neither unigram nor BPE.
    /// </exception>
    public static TipsTokenizer Load(Stream stream, bool lowerCase = true)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var buffer = new MemoryStream();
        stream.CopyTo(buffer);
        return Load(buffer.ToArray(), "The tokenizer", lowerCase);
    }

    /// <summary>Encodes a text into a buffer. Ids that do not fit are dropped.</summary>
    /// <param name="text">The text.</param>
    /// <param name="ids">Receives the first ids; the rest of the buffer is left as it is.</param>
    /// <returns>The number of ids written, at most the length of <paramref name="ids"/>.</returns>
    public int Encode(ReadOnlySpan<char> text, Span<int> ids)
    {
        var normalized = new ByteBuffer(text.Length * 3 + 16);
        try
        {
            Normalize(text, normalize: true, ref normalized);
            int count = 0;
            foreach (var token in Tokenize(normalized.Written))
            {
                if (count == ids.Length) break;
                ids[count++] = token.Id;
            }

            return count;
        }
        finally
        {
            normalized.Dispose();
        }
    }

    /// <summary>Encodes texts for the text encoder: the first tokens of each, padded with <see cref="PadId"/>.</summary>
    /// <param name="texts">The texts; null counts as the empty text.</param>
    /// <param name="length">Tokens per text, 1 to <see cref="MaximumLength"/>.</param>
    /// <returns>texts × length ids, one row per text, as <see cref="TipsModel.RunTokens"/> takes them.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is out of range.</exception>
    public long[] EncodeBatch(IReadOnlyList<string?> texts, int length = MaximumLength)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumLength);
        long[] ids = new long[checked(texts.Count * length)];
        Span<int> row = stackalloc int[length];
        for (int i = 0; i < texts.Count; i++)
        {
            int count = Encode(texts[i], row);
            for (int token = 0; token < count; token++) ids[i * length + token] = row[token];
        }

        return ids;
    }

    /// <summary>Gets the text of a piece as the model spells it, with ▁ for a space.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The piece.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public string GetPiece(int id) => Encoding.UTF8.GetString(_model.Text(CheckId(id)));

    /// <inheritdoc/>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        idsConsumed = charsWritten = 0;
        var decoder = new TextDecoder(_model);
        int count = 0;
        foreach (int id in ids)
        {
            decoder.Add(CheckId(id));
            count++;
            // The bytes so far may be only a part of a character.
            if (!decoder.IsComplete) continue;
            if (!TryMove(decoder.Text, destination, ref charsWritten)) return OperationStatus.DestinationTooSmall;
            idsConsumed = count;
        }

        decoder.Finish();
        if (!TryMove(decoder.Text, destination, ref charsWritten)) return OperationStatus.DestinationTooSmall;
        idsConsumed = count;
        return OperationStatus.Done;

        static bool TryMove(StringBuilder text, Span<char> destination, ref int written)
        {
            if (text.Length > destination.Length - written) return false;
            text.CopyTo(0, destination[written..], text.Length);
            written += text.Length;
            text.Clear();
            return true;
        }
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var decoder = new TextDecoder(_model);
        foreach (int id in ids) decoder.Add(CheckId(id));
        decoder.Finish();
        return decoder.Text.ToString();
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var source = text is null ? textSpan : text.AsSpan();
        var normalized = new ByteBuffer(source.Length * 3 + 16);
        try
        {
            Normalize(source, settings.ConsiderNormalization, ref normalized);
            var bytes = normalized.Written;
            var tokens = new List<EncodedToken>();
            int bytesDone = 0, charsDone = 0;
            foreach (var token in Tokenize(bytes))
            {
                if (tokens.Count == settings.MaxTokenCount) break;
                int start = CharsAt(bytes, token.Start), end = CharsAt(bytes, token.Start + token.Length);
                string value = _model.Is(token.Id, PieceType.Byte)
                    ? GetPiece(token.Id)
                    : Encoding.UTF8.GetString(bytes.Slice(token.Start, token.Length));
                tokens.Add(new EncodedToken(token.Id, value, new Range(start, end)));
            }

            // A character counts at its first byte, so the token of that byte covers all of it and the tokens of its other bytes nothing.
            int CharsAt(ReadOnlySpan<byte> bytes, int position)
            {
                for (; bytesDone < position; bytesDone++)
                {
                    bool isContinuation = (bytes[bytesDone] & 0xC0) == 0x80;
                    if (!isContinuation) charsDone += Utf8.LengthOf(bytes[bytesDone]) == 4 ? 2 : 1;
                }

                return charsDone;
            }

            return new EncodeResults<EncodedToken>
            {
                Tokens = tokens,
                NormalizedText = settings.ConsiderNormalization ? Encoding.UTF8.GetString(bytes) : null,
                CharsConsumed = charsDone,
            };
        }
        finally
        {
            normalized.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var result = EncodeToTokens(text, textSpan, settings);
        return new EncodeResults<int>
        {
            Tokens = [.. result.Tokens.Select(t => t.Id)],
            NormalizedText = result.NormalizedText,
            CharsConsumed = result.CharsConsumed,
        };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
        => EncodeToTokens(text, textSpan, settings).Tokens.Count;

    /// <param name="bytes">The content of a model file.</param>
    /// <param name="source">What the content is, capitalized, for messages.</param>
    /// <param name="lowerCase">Whether to lowercase A to Z.</param>
    internal static TipsTokenizer Load(byte[] bytes, string source, bool lowerCase = true)
    {
        try
        {
            return new TipsTokenizer(SentencePieceModel.Parse(bytes), lowerCase);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{source} is not a usable SentencePiece model: {e.Message}.", e);
        }
    }

    private int CheckId(int id) => (uint)id < (uint)_model.Count
        ? id
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"The ids go from 0 to {_model.Count - 1}.");

    private void Normalize(ReadOnlySpan<char> text, bool normalize, ref ByteBuffer result)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var utf8 = bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes));
            if (!normalize)
            {
                result.Append(utf8);
                return;
            }

            if (LowerCase)
            {
                foreach (ref byte value in utf8)
                {
                    if (value is >= (byte)'A' and <= (byte)'Z') value |= 0x20;
                }
            }

            _model.Normalizer.Normalize(utf8, ref result);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    // The segments, with unknown pieces split into bytes or runs of them fused. The list is valid until the thread's next call.
    private List<Segment> Tokenize(ReadOnlySpan<byte> normalized)
    {
        var segments = _segments ??= [];
        if (segments.Capacity > MaximumKeptSegments) _segments = segments = []; // one long text must not cost each thread memory forever
        segments.Clear();
        if (normalized.IsEmpty) return segments;
        _segmenter.Segment(normalized, segments);
        if (_model.ByteFallback) UnknownToBytes(normalized, segments);
        else FuseUnknown(segments);
        return segments;
    }

    private void FuseUnknown(List<Segment> segments)
    {
        int kept = 0;
        for (int i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            if (segment.Id == UnknownId && kept > 0 && segments[kept - 1].Id == UnknownId)
                segments[kept - 1] = segments[kept - 1] with { Length = segments[kept - 1].Length + segment.Length };
            else
                segments[kept++] = segment;
        }

        segments.RemoveRange(kept, segments.Count - kept);
    }

    private void UnknownToBytes(ReadOnlySpan<byte> normalized, List<Segment> segments)
    {
        if (!segments.Exists(s => s.Id == UnknownId)) return;
        Segment[] before = [.. segments];
        segments.Clear();
        foreach (var segment in before)
        {
            if (segment.Id != UnknownId)
            {
                segments.Add(segment);
                continue;
            }

            for (int i = segment.Start; i < segment.Start + segment.Length; i++)
                segments.Add(new Segment(_model.BytePiece(normalized[i]), i, 1));
        }
    }
}
