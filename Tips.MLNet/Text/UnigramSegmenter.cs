using System.Buffers;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>
/// Finds the most likely segmentation under a unigram language model (Kudo, 2018): the best path through all matching pieces, by dynamic
/// programming from left to right. Ties and rounding are as in the SentencePiece library.
/// </summary>
internal sealed class UnigramSegmenter : ISegmenter
{
    /// <summary>How far the score of an unknown character is below the lowest score of a piece.</summary>
    private const float UnknownPenalty = 10f;

    private readonly SentencePieceModel _model;
    private readonly float _unknownScore, _largestScore;

    public UnigramSegmenter(SentencePieceModel model)
    {
        _model = model;
        (float least, _largestScore) = model.ScoreRange();
        _unknownScore = least - UnknownPenalty;
    }

    public void Segment(ReadOnlySpan<byte> text, List<Segment> segments)
    {
        var best = ArrayPool<Step>.Shared.Rent(text.Length + 1);
        try
        {
            best.AsSpan(0, text.Length + 1).Fill(new Step(-1, 0, -1));
            for (int start = 0; start < text.Length;) start += Extend(text, start, best);
            int first = segments.Count;
            for (int end = text.Length; end > 0; end = best[end].Start)
                segments.Add(new Segment(best[end].Id, best[end].Start, end - best[end].Start));
            segments.Reverse(first, segments.Count - first);
        }
        finally
        {
            ArrayPool<Step>.Shared.Return(best);
        }
    }

    // Tries every piece that begins here; returns the length of the character here.
    private int Extend(ReadOnlySpan<byte> text, int start, Step[] best)
    {
        int characterLength = Math.Min(Utf8.LengthOf(text[start]), text.Length - start);
        float scoreSoFar = best[start].Score;
        bool covered = false;
        int state = PieceTrie.Root;
        for (int end = start; end < text.Length && _model.Searchable.TryMove(ref state, text[end]);)
        {
            end++;
            int id = _model.Searchable.IdAt(state);
            if (id < 0 || _model.Is(id, PieceType.Unused)) continue;
            int length = end - start;
            // A user-defined piece wins over any combination of others. Computed in double, then stored as float, as the library does.
            double score = _model.Is(id, PieceType.UserDefined) ? (length * _largestScore) - 0.1 : _model.Score(id);
            Offer(ref best[end], id, score + scoreSoFar, start);
            covered |= length == characterLength;
        }

        if (!covered) Offer(ref best[start + characterLength], _model.UnknownId, _unknownScore + scoreSoFar, start);
        return characterLength;
    }

    private static void Offer(ref Step target, int id, double score, int start)
    {
        if (target.Start < 0 || score > target.Score) target = new Step(id, (float)score, start);
    }

    /// <summary>The last step of the best path to a position.</summary>
    private readonly record struct Step(int Id, float Score, int Start);
}
