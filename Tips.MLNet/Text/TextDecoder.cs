using System.Buffers;
using System.Text;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>Turns tokens back into text, as the SentencePiece library does.</summary>
internal sealed class TextDecoder(SentencePieceModel model)
{
    private const string EscapedSpace = "▁";

    private readonly ArrayBufferWriter<byte> _bytes = new();

    private bool _atStart = true;

    /// <summary>The text so far. The caller may clear it after reading it.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>Whether there are no bytes waiting for the rest of their character.</summary>
    public bool IsComplete => _bytes.WrittenCount == 0;

    public void Add(int id)
    {
        if (model.Is(id, PieceType.Byte))
        {
            string hex = Encoding.ASCII.GetString(model.Text(id).Slice(3, 2));
            _bytes.Write([Convert.ToByte(hex, 16)]);
            return;
        }

        Finish();
        if (model.Is(id, PieceType.Control)) return;
        if (id == model.UnknownId)
        {
            _atStart = false;
            Text.Append(model.UnknownSurface);
            return;
        }

        string piece = Encoding.UTF8.GetString(model.Text(id));
        var settings = model.Normalization;
        bool hasPrefix = settings.AddDummyPrefix || settings.RemoveExtraWhitespaces;
        if (_atStart && hasPrefix && piece.StartsWith(EscapedSpace, StringComparison.Ordinal))
        {
            piece = piece[EscapedSpace.Length..];
            // The normalizer adds one space in front. If it also removes extra spaces, all spaces before the first word are dropped.
            if (!settings.RemoveExtraWhitespaces) _atStart = false;
        }

        if (piece.Length > 0) _atStart = false;
        Text.Append(piece.Replace(EscapedSpace, " ", StringComparison.Ordinal));
    }

    /// <summary>Ends a run of bytes. Every byte that is not part of a character becomes U+FFFD.</summary>
    public void Finish()
    {
        for (var rest = _bytes.WrittenSpan; !rest.IsEmpty;)
        {
            int length = Utf8.ValidLength(rest);
            Text.Append(length == 0 ? "\uFFFD" : Encoding.UTF8.GetString(rest[..length]));
            rest = rest[Math.Max(length, 1)..];
            _atStart = false;
        }

        _bytes.Clear();
    }
}
