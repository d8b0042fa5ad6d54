using Google.Protobuf;
using Tips.MLNet.Text.SentencePiece;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Tests.Support;

/// <summary>A SentencePiece model of single letters, for text towers that only need some tokenizer.</summary>
internal static class SmallSentencePieceModel
{
    public static ModelProto Create()
    {
        var model = new ModelProto();
        model.Pieces.Add([Piece("<pad>", PieceType.Control), Piece("<unk>", PieceType.Unknown), Piece("▁", PieceType.Normal, -3)]);
        for (char letter = 'a'; letter <= 'z'; letter++) model.Pieces.Add(Piece(letter.ToString(), PieceType.Normal, -4));
        return model;
    }

    public static PieceProto Piece(string text, PieceType type, float score = 0)
        => new() { Text = ByteString.CopyFromUtf8(text), Type = type, Score = score };
}
