using System.Buffers;
using System.Text;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>Puts the text of tokens together again, as the SentencePiece library does.</summary>
internal sealed class TextDecoder(SentencePieceModel model)
{
    private const string EscapedSpace = "▁";

    private readonly ArrayBufferWriter<byte> _bytes = new();

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
            Text.Append(model.UnknownSurface);
            return;
        }

        string piece = Encoding.UTF8.GetString(model.Text(id));
        var settings = model.Normalization;
        bool atStart = Text.Length == 0 && (settings.AddDummyPrefix || settings.RemoveExtraWhitespaces);
        if (atStart && piece.StartsWith(EscapedSpace, StringComparison.Ordinal)) piece = piece[EscapedSpace.Length..];
        Text.Append(piece.Replace(EscapedSpace, " ", StringComparison.Ordinal));
    }

    /// <summary>Ends a run of bytes; what is no UTF-8 in it becomes U+FFFD.</summary>
    public void Finish()
    {
        if (IsComplete) return;
        Text.Append(Encoding.UTF8.GetString(_bytes.WrittenSpan));
        _bytes.Clear();
    }
}
