using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>
/// The tokenizer of the TIPS text encoder. From a SentencePiece model (unigram or BPE) it gives the ids of the SentencePiece library after
/// lowercasing A to Z, as Google's code does; from a <c>tokenizer.json</c> those of Hugging Face's transformers. It adds no token at the
/// beginning or end of a text.
/// </summary>
/// <remarks>
/// <para>Any string is accepted; a lone surrogate counts as U+FFFD. <see cref="Rule"/> says which of the two it follows; see
/// <see cref="TokenizerRule"/> for how they differ.</para>
/// <para>Members inherited from <see cref="Tokenizer"/> return all tokens of a text, but the encoder reads only the first
/// <see cref="MaximumLength"/>. Use <see cref="Encode"/> and <see cref="EncodeBatch"/> for the encoder.</para>
/// <para>Immutable and thread-safe.</para>
/// </remarks>
public sealed class TipsTokenizer : Tokenizer
{
    /// <summary>The most tokens that the text encoder reads; the rest of a text is cut off.</summary>
    public const int MaximumLength = 64;

    /// <summary>
    /// The id that pads a batch. A TIPS model reserves it. By <see cref="TokenizerRule.HuggingFace"/>, <c>&lt;pad&gt;</c> written in a text
    /// gives it, too, and counts as padding there.
    /// </summary>
    public const int PadId = 0;

    private const int MaximumKeptSegments = 1 << 16;

    [ThreadStatic]
    private static List<Segment>? _segments;

    private readonly SentencePieceModel _model;
    private readonly ITextEncoding _encoding;

    private TipsTokenizer(SentencePieceModel model, bool lowerCase)
        => (_model, LowerCase, Rule, _encoding)
            = (model, lowerCase, TokenizerRule.SentencePiece, new SentencePieceEncoding(model, lowerCase));

    private TipsTokenizer(TokenizerJson json)
        => (_model, LowerCase, Rule, _encoding) = (json.Pieces, json.LowerCase, TokenizerRule.HuggingFace, json.TextEncoding);

    /// <summary>Whose way of splitting texts it follows.</summary>
    public TokenizerRule Rule { get; }

    /// <summary>
    /// Whether letters are lowercased first: A to Z by <see cref="TokenizerRule.SentencePiece"/>, all of them by
    /// <see cref="TokenizerRule.HuggingFace"/>. True for every released model.
    /// </summary>
    public bool LowerCase { get; }

    /// <summary>Whether <see cref="PadId"/> is a control piece, which is no part of a word. The text encoder requires that.</summary>
    internal bool ReservesPad => _model.Is(PadId, PieceType.Control);

    /// <summary>Number of pieces. Ids are smaller than this.</summary>
    public int VocabularySize => _model.Count;

    /// <summary>The id for text that no piece covers.</summary>
    public int UnknownId => _model.UnknownId;

    /// <summary>
    /// Reads a SentencePiece model file, such as the released <c>tokenizer.model</c>, or a <c>tokenizer.json</c>. The content tells which.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="lowerCase">
    /// Whether to lowercase A to Z, as every released model requires; a <c>tokenizer.json</c> says itself what it lowercases.
    /// </param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is neither, is damaged, is neither unigram nor BPE, or asks for a step that this library does not do.
    /// </exception>
    public static TipsTokenizer Load(string path, bool lowerCase = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no tokenizer '{path}'.", path);
        return Load(File.ReadAllBytes(path), $"Tokenizer '{path}'", lowerCase);
    }

    /// <summary>Reads a SentencePiece model or a <c>tokenizer.json</c> from a stream.</summary>
    /// <param name="stream">The content of a file. It is read to its end and not disposed.</param>
    /// <param name="lowerCase">Whether to lowercase A to Z, as in <see cref="Load(string, bool)"/>.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="InvalidDataException">
    /// The content is neither, is damaged, is neither unigram nor BPE, or asks for a step that this library does not do.
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
            int count = 0;
            foreach (var token in Tokenize(text, normalize: true, ref normalized))
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
            var segments = Tokenize(source, settings.ConsiderNormalization, ref normalized);
            var bytes = normalized.Written;
            var tokens = new List<EncodedToken>();
            int bytesDone = 0, charsDone = 0;
            foreach (var token in segments)
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
        if (bytes.Length == 0) throw new InvalidDataException($"{source} is empty.");
        try
        {
            return TokenizerJson.Recognizes(bytes)
                ? new TipsTokenizer(TokenizerJson.Parse(bytes))
                : new TipsTokenizer(SentencePieceModel.Parse(bytes), lowerCase);
        }
        catch (InvalidDataException e)
        {
            string kind = TokenizerJson.Recognizes(bytes) ? "tokenizer.json" : "SentencePiece model";
            throw new InvalidDataException($"{source} is not a usable {kind}: {e.Message}.", e);
        }
    }

    private int CheckId(int id) => (uint)id < (uint)_model.Count
        ? id
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"The ids go from 0 to {_model.Count - 1}.");

    // The text that the segments refer to, and the segments. The list is valid until the thread's next call.
    private List<Segment> Tokenize(ReadOnlySpan<char> text, bool normalize, ref ByteBuffer normalized)
    {
        var segments = _segments ??= [];
        if (segments.Capacity > MaximumKeptSegments) _segments = segments = []; // one long text must not cost each thread memory forever
        segments.Clear();
        if (!text.IsEmpty) _encoding.Encode(text, normalize, ref normalized, segments);
        return segments;
    }
}
