using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Tips.MLNet.Text.SentencePiece;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>
/// Reads a <c>tokenizer.json</c> of Hugging Face's tokenizers: byte-pair encoding that was converted from a SentencePiece model. Whatever
/// this library would do otherwise is refused.
/// </summary>
internal sealed class TokenizerJson
{
    private const int MaximumPieces = 1 << 20, MaximumDepth = 32;

    private readonly Dictionary<string, int> _vocabulary = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (string Content, bool IsSpecial)> _added = [];
    private readonly string? _unknown;

    private TokenizerJson(JsonElement root)
    {
        Expect(root, JsonValueKind.Object, "it");
        var model = Member(root, "model", "");
        CheckModel(model);
        _unknown = Text(model, "unk_token", "model.");
        ReadVocabulary(Member(model, "vocab", "model."));
        ReadAddedTokens(root);
        CheckPostProcessor(root);
        CheckTruncation(root);
        var (lowerCase, map) = ReadNormalizer(root);
        LowerCase = lowerCase;
        bool splitAtSpaces = ReadPreTokenizer(root);
        int unknownId = _unknown is null ? -1 : Id(_unknown, "the unk_token");
        Pieces = MakePieces(map);
        var segmenter = new MergeSegmenter(
            Pieces,
            ReadMerges(Member(model, "merges", "model.")),
            unknownId,
            Flag(model, "fuse_unk"),
            Flag(model, "byte_fallback"),
            Flag(model, "ignore_merges"));
        var special = new PieceTrie(_added.Select(a => (Encoding.UTF8.GetBytes(a.Value.Content), a.Key)));
        var normalizer = new HuggingFaceNormalizer(lowerCase, map.IsEmpty ? null : new CharacterMap(map.Span));
        TextEncoding = new HuggingFaceEncoding(normalizer, special, segmenter, splitAtSpaces);
    }

    /// <summary>Whether all letters are lowercased.</summary>
    public bool LowerCase { get; }

    /// <summary>The pieces as a SentencePiece model has them.</summary>
    public SentencePieceModel Pieces { get; }

    public ITextEncoding TextEncoding { get; }

    /// <summary>Whether a tokenizer's file is one of these and not a SentencePiece model.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> bytes)
    {
        return bytes[MarkLength(bytes)..].TrimStart(" \t\r\n"u8).StartsWith("{"u8);
    }

    /// <exception cref="InvalidDataException">The file cannot be used; the message says what is wrong.</exception>
    public static TokenizerJson Parse(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(
                bytes.AsMemory(MarkLength(bytes)), new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
            return new TokenizerJson(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"it cannot be parsed ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static int MarkLength(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\uFEFF"u8) ? 3 : 0;

    private static void CheckModel(JsonElement model)
    {
        string type = Text(model, "type", "model.") ?? "BPE";
        if (type != "BPE") throw new InvalidDataException($"its model is '{type}', expected 'BPE'");
        foreach (string key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (Text(model, key, "model.") is { Length: > 0 } value)
                throw new InvalidDataException($"its model.{key} is '{value}', expected none");
        }

        if (TryGet(model, "dropout", out var dropout) && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
            throw new InvalidDataException($"its model.dropout is {dropout.GetRawText()}, expected none");
    }

    private void ReadVocabulary(JsonElement vocabulary)
    {
        Expect(vocabulary, JsonValueKind.Object, "its model.vocab");
        foreach (var entry in vocabulary.EnumerateObject())
        {
            if (_vocabulary.Count == MaximumPieces) throw new InvalidDataException($"it has more than {MaximumPieces} pieces");
            _vocabulary.Add(entry.Name, Number(entry.Value, $"the id of '{entry.Name}'"));
        }
    }

    private void ReadAddedTokens(JsonElement root)
    {
        if (!TryGet(root, "added_tokens", out var tokens)) return;
        Expect(tokens, JsonValueKind.Array, "its added_tokens");
        foreach (var token in tokens.EnumerateArray())
        {
            string content = Text(token, "content", "added_tokens.") is { Length: > 0 } text
                ? text
                : throw new InvalidDataException("it has an added token without content");
            foreach (string key in (string[])["single_word", "lstrip", "rstrip", "normalized"])
            {
                if (Flag(token, key)) throw new InvalidDataException($"its added token '{content}' has {key} true, expected false");
            }

            int id = Number(Member(token, "id", "added_tokens."), $"the id of the added token '{content}'");
            if (_vocabulary.TryGetValue(content, out int known) && known != id)
                throw new InvalidDataException($"its added token '{content}' has the id {id}, but its vocabulary says {known}");
            if (!_added.TryAdd(id, (content, Flag(token, "special"))))
                throw new InvalidDataException($"it has two added tokens with the id {id}");
            _vocabulary[content] = id;
        }

        if (_added.Values.Select(a => a.Content).Distinct(StringComparer.Ordinal).Count() != _added.Count)
            throw new InvalidDataException("it has an added token twice");
    }

    private static (bool LowerCase, ByteString Map) ReadNormalizer(JsonElement root)
    {
        bool lowerCase = false;
        var map = ByteString.Empty;
        foreach (var (step, type) in Steps(root, "normalizer", "normalizers"))
        {
            switch (type)
            {
                case "Lowercase" when !lowerCase && map.IsEmpty:
                    lowerCase = true;
                    break;
                case "Precompiled" when map.IsEmpty:
                    map = CharacterMapOf(step);
                    break;
                default:
                    throw new InvalidDataException($"its normalizer has the step '{type}', expected 'Lowercase', then 'Precompiled'");
            }
        }

        return (lowerCase, map);
    }

    private static ByteString CharacterMapOf(JsonElement step)
    {
        var value = Member(step, "precompiled_charsmap", "normalizer.");
        return value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out byte[]? bytes)
            ? ByteString.CopyFrom(bytes)
            : throw new InvalidDataException("its normalizer.precompiled_charsmap is not base64");
    }

    // WhitespaceSplit, then Metaspace.
    private static bool ReadPreTokenizer(JsonElement root)
    {
        var steps = Steps(root, "pre_tokenizer", "pretokenizers").ToArray();
        string[] types = [.. steps.Select(s => s.Type)];
        if (!types.SequenceEqual(["WhitespaceSplit", "Metaspace"]))
        {
            throw new InvalidDataException(
                $"its pre_tokenizer is [{string.Join(", ", types.Select(t => $"'{t}'"))}], expected ['WhitespaceSplit', 'Metaspace']");
        }

        var metaspace = steps[1].Step;
        if (Text(metaspace, "replacement", "Metaspace.") is { } replacement && replacement != "▁")
            throw new InvalidDataException($"its Metaspace has the replacement '{replacement}', expected '▁'");
        string scheme = Text(metaspace, "prepend_scheme", "Metaspace.") ?? (Flag(metaspace, "add_prefix_space") ? "always" : "never");
        if (scheme != "always") throw new InvalidDataException($"its Metaspace has the prepend_scheme '{scheme}', expected 'always'");
        return !TryGet(metaspace, "split", out var split) || split.ValueKind == JsonValueKind.True;
    }

    private static void CheckPostProcessor(JsonElement root)
    {
        if (!TryGet(root, "post_processor", out var processor)) return;
        string type = Text(processor, "type", "post_processor.") ?? "";
        bool addsNothing = type == "TemplateProcessing"
            && TryGet(processor, "single", out var single)
            && single.ValueKind == JsonValueKind.Array
            && single.EnumerateArray().All(part => part.ValueKind == JsonValueKind.Object && part.TryGetProperty("Sequence", out _));
        if (!addsNothing) throw new InvalidDataException($"its post_processor '{type}' adds tokens, expected none");
    }

    // The encoder reads 64 tokens anyway.
    private static void CheckTruncation(JsonElement root)
    {
        if (!TryGet(root, "truncation", out var truncation)) return;
        int length = Number(Member(truncation, "max_length", "truncation."), "its truncation.max_length");
        string direction = Text(truncation, "direction", "truncation.") ?? "Right";
        if (length < TipsTokenizer.MaximumLength || direction != "Right")
        {
            throw new InvalidDataException(
                $"its truncation is at {length} tokens, {direction}, expected at least {TipsTokenizer.MaximumLength}, Right");
        }
    }

    private Dictionary<(int Left, int Right), (int Rank, int Id)> ReadMerges(JsonElement merges)
    {
        Expect(merges, JsonValueKind.Array, "its model.merges");
        var result = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        int rank = 0;
        foreach (var merge in merges.EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.StartsWith("#version", StringComparison.Ordinal)) continue;
            // Older files have both parts in one text.
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array => [.. merge.EnumerateArray().Select(p => p.ValueKind == JsonValueKind.String ? p.GetString()! : "")],
                _ => [],
            };
            if (parts.Length != 2) throw new InvalidDataException($"its merge {rank} is {Shorten(merge)}, expected two pieces");
            var pair = (Id(parts[0], "a merge"), Id(parts[1], "a merge"));
            // A pair that is there twice has its later rank, as in the library that this follows.
            result[pair] = (rank++, Id(parts[0] + parts[1], "a merge"));
        }

        return result;
    }

    private SentencePieceModel MakePieces(ByteString map)
    {
        var byId = new string?[_vocabulary.Count];
        foreach (var (piece, id) in _vocabulary)
        {
            if ((uint)id >= (uint)byId.Length || byId[id] is not null)
                throw new InvalidDataException($"its piece '{piece}' has the id {id}, expected ids from 0 to {byId.Length - 1}, each once");
            byId[id] = piece;
        }

        string unknown = _unknown ?? "<unk>";
        var proto = new ModelProto
        {
            Trainer = new TrainerProto { ModelType = TrainerProto.Types.ModelType.Bpe },
            Normalizer = new NormalizerProto { PrecompiledCharsmap = map },
        };
        for (int id = 0; id < byId.Length; id++)
        {
            string piece = byId[id]!;
            var type = piece == unknown ? PieceType.Unknown
                : _added.TryGetValue(id, out var added) ? (added.IsSpecial ? PieceType.Control : PieceType.UserDefined)
                : IsByte(piece) ? PieceType.Byte
                : PieceType.Normal;
            proto.Pieces.Add(new PieceProto { Text = ByteString.CopyFromUtf8(piece), Type = type });
        }

        return SentencePieceModel.From(proto);
    }

    private static bool IsByte(string piece)
        => piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
            && char.IsAsciiHexDigitUpper(piece[3]) && char.IsAsciiHexDigitUpper(piece[4]);

    private int Id(string piece, string of) => _vocabulary.TryGetValue(piece, out int id)
        ? id
        : throw new InvalidDataException($"its vocabulary has no piece '{piece}', which {of} needs");

    // One step, or a sequence of them.
    private static IEnumerable<(JsonElement Step, string Type)> Steps(JsonElement root, string key, string list)
    {
        if (!TryGet(root, key, out var step)) yield break;
        string type = Text(step, "type", key + ".") ?? "";
        if (type != "Sequence")
        {
            yield return (step, type);
            yield break;
        }

        var steps = Member(step, list, key + ".");
        Expect(steps, JsonValueKind.Array, $"its {key}.{list}");
        foreach (var inner in steps.EnumerateArray()) yield return (inner, Text(inner, "type", key + ".") ?? "");
    }

    private static bool TryGet(JsonElement element, string key, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object
            && element.TryGetProperty(key, out value)
            && value.ValueKind != JsonValueKind.Null;
    }

    private static JsonElement Member(JsonElement element, string key, string place)
        => TryGet(element, key, out var value) ? value : throw new InvalidDataException($"it has no '{place}{key}'");

    private static string? Text(JsonElement element, string key, string place)
    {
        if (!TryGet(element, key, out var value)) return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new InvalidDataException($"its {place}{key} is {Shorten(value)}, expected a text");
    }

    private static bool Flag(JsonElement element, string key)
        => TryGet(element, key, out var value) && value.ValueKind == JsonValueKind.True;

    private static int Number(JsonElement value, string what)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0
            ? number
            : throw new InvalidDataException($"{what} is {Shorten(value)}, expected a number from 0 on");

    private static void Expect(JsonElement element, JsonValueKind kind, string what)
    {
        string expected = kind == JsonValueKind.Array ? "a list" : "an object";
        if (element.ValueKind != kind) throw new InvalidDataException($"{what} is {Shorten(element)}, expected {expected}");
    }

    private static string Shorten(JsonElement element)
        => element.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : element.GetRawText();
}
