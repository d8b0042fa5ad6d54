using System.Globalization;
using System.Text;
using Google.Protobuf;
using Tips.MLNet.Text.SentencePiece;
using ModelType = Tips.MLNet.Text.SentencePiece.TrainerProto.Types.ModelType;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>The content of a SentencePiece model file. Immutable and thread-safe.</summary>
internal sealed class SentencePieceModel
{
    private readonly byte[][] _texts;
    private readonly PieceType[] _types;
    private readonly float[] _scores;
    private readonly int[] _bytePieces;

    private SentencePieceModel(ModelProto proto)
    {
        int count = proto.Pieces.Count;
        _texts = new byte[count][];
        _types = new PieceType[count];
        _scores = new float[count];
        _bytePieces = new int[256];
        Array.Fill(_bytePieces, -1);
        UnknownId = -1;
        for (int id = 0; id < count; id++) Add(id, proto.Pieces[id]);
        if (UnknownId < 0) throw new InvalidDataException("it has no piece for unknown characters");

        ModelType = proto.Trainer?.ModelType ?? ModelType.Unigram;
        if (ModelType is not (ModelType.Unigram or ModelType.Bpe))
            throw new InvalidDataException($"its type is {ModelType}, expected Unigram or Bpe");
        ByteFallback = proto.Trainer?.ByteFallback ?? false;
        if (ByteFallback && _bytePieces.Contains(-1))
            throw new InvalidDataException($"it falls back to bytes, but has no piece <0x{Array.IndexOf(_bytePieces, -1):X2}>");
        UnknownSurface = proto.Trainer?.UnknownSurface ?? " ⁇ ";
        UserDefined = new PieceTrie(Pieces(PieceType.UserDefined));
        Searchable = new PieceTrie(Pieces(PieceType.Normal, PieceType.UserDefined, PieceType.Unused));
        var normalizer = proto.Normalizer ?? new NormalizerProto();
        Normalization = new NormalizerSettings(
            normalizer.AddDummyPrefix,
            normalizer.RemoveExtraWhitespaces,
            normalizer.EscapeWhitespaces,
            proto.Trainer?.TreatWhitespaceAsSuffix ?? false);
        var map = normalizer.PrecompiledCharsmap.IsEmpty ? null : new CharacterMap(normalizer.PrecompiledCharsmap.Span);
        Normalizer = new TextNormalizer(Normalization, map, UserDefined);
    }

    public int Count => _texts.Length;

    public ModelType ModelType { get; }

    public bool ByteFallback { get; }

    public int UnknownId { get; private set; }

    /// <summary>The decoded text of an unknown token.</summary>
    public string UnknownSurface { get; }

    public NormalizerSettings Normalization { get; }

    public TextNormalizer Normalizer { get; }

    /// <summary>The user-defined pieces, which are never split.</summary>
    public PieceTrie UserDefined { get; }

    /// <summary>The pieces that text is made of, which excludes control, unknown and byte pieces.</summary>
    public PieceTrie Searchable { get; }

    /// <exception cref="InvalidDataException">The file cannot be used; the message says what is wrong.</exception>
    public static SentencePieceModel Parse(byte[] bytes)
    {
        try
        {
            return new SentencePieceModel(ModelProto.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"it cannot be parsed ({e.Message})", e);
        }
    }

    /// <exception cref="InvalidDataException">The pieces cannot be used; the message says what is wrong.</exception>
    public static SentencePieceModel From(ModelProto proto) => new(proto);

    public ReadOnlySpan<byte> Text(int id) => _texts[id];

    public float Score(int id) => _scores[id];

    public bool Is(int id, PieceType type) => _types[id] == type;

    public int BytePiece(byte value) => _bytePieces[value];

    /// <summary>
    /// Smallest and largest score of the normal pieces. The library starts its search for the largest one at the smallest positive normal
    /// number, so for log-probabilities the result is about 0. The score of user-defined pieces depends on that.
    /// </summary>
    public (float Least, float Largest) ScoreRange()
    {
        float least = float.MaxValue, largest = 1.17549435e-38f;
        for (int id = 0; id < Count; id++)
        {
            if (_types[id] != PieceType.Normal) continue;
            least = Math.Min(least, _scores[id]);
            largest = Math.Max(largest, _scores[id]);
        }

        return (least, largest);
    }

    private void Add(int id, PieceProto piece)
    {
        if (piece.Text.IsEmpty) throw new InvalidDataException($"its piece {id} is empty");
        if (!float.IsFinite(piece.Score))
            throw new InvalidDataException($"its piece {id} has the score {piece.Score}, expected a finite number");
        _texts[id] = piece.Text.ToByteArray();
        _types[id] = piece.Type;
        _scores[id] = piece.Score;
        switch (piece.Type)
        {
            case PieceType.Unknown when UnknownId >= 0:
                throw new InvalidDataException($"its pieces {UnknownId} and {id} are both for unknown characters");
            case PieceType.Unknown:
                UnknownId = id;
                break;
            case PieceType.Byte:
                _bytePieces[ParseByte(id, Encoding.UTF8.GetString(_texts[id]))] = id;
                break;
            case PieceType.Normal or PieceType.Control or PieceType.UserDefined or PieceType.Unused:
                break;
            default:
                throw new InvalidDataException($"its piece {id} is of the unknown type {(int)piece.Type}");
        }
    }

    private static byte ParseByte(int id, string text)
    {
        bool isByte = text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>';
        return isByte && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, null, out byte value)
            ? value
            : throw new InvalidDataException($"its byte piece {id} is '{text}', expected <0x00> to <0xFF>");
    }

    private IEnumerable<(byte[] Text, int Id)> Pieces(params PieceType[] types)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int id = 0; id < Count; id++)
        {
            if (!types.Contains(_types[id])) continue;
            if (!seen.Add(Encoding.Latin1.GetString(_texts[id])))
                throw new InvalidDataException($"its piece {id}, '{Encoding.UTF8.GetString(_texts[id])}', is a duplicate");
            yield return (_texts[id], id);
        }
    }
}
