using System.Buffers;
using System.Text;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>Puts the text of tokens together again, as the SentencePiece library does.</summary>
internal sealed class TextDecoder(SentencePieceModel model)
{
    private const string EscapedSpace = "▁";

    private readonly ArrayBufferWriter<byte> _bytes = new();

    private bool _atStart = true;

    /// <summary>The text so far; whoever has taken it may clear it.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>Whether no bytes wait for others to make a character.</summary>
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
        if (_atStart && (settings.AddDummyPrefix || settings.RemoveExtraWhitespaces) && piece.StartsWith(EscapedSpace, StringComparison.Ordinal))
        {
            piece = piece[EscapedSpace.Length..];
            // One space was put in front; where extra ones are removed, there is none before the first word.
            if (!settings.RemoveExtraWhitespaces) _atStart = false;
        }

        if (piece.Length > 0) _atStart = false;
        Text.Append(piece.Replace(EscapedSpace, " ", StringComparison.Ordinal));
    }

    /// <summary>Ends a run of bytes; every byte that is no part of a character becomes U+FFFD.</summary>
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
