using System.Buffers;
using PieceType = Tips.MLNet.Text.SentencePiece.PieceProto.Types.Type;

namespace Tips.MLNet.Text;

/// <summary>
/// Byte-pair encoding (Sennrich et al., 2016) with scores, as SentencePiece does it: of all neighbors whose union is a piece, the pair with
/// the highest score is merged (the leftmost among equals), until no such pair is left.
/// </summary>
internal sealed class BpeSegmenter(SentencePieceModel model) : ISegmenter
{
    public void Segment(ReadOnlySpan<byte> text, List<Segment> segments)
    {
        var symbols = ArrayPool<Symbol>.Shared.Rent(text.Length);
        try
        {
            int count = Split(text, symbols);
            var agenda = new PriorityQueue<Pair, Priority>(count);
            Dictionary<int, int>? unusedSplits = null;
            for (int i = 1; i < count; i++) Propose(text, symbols, i - 1, i, agenda, ref unusedSplits);
            while (agenda.TryDequeue(out var pair, out _))
            {
                ref var left = ref symbols[pair.Left];
                ref var right = ref symbols[pair.Right];
                // Skip the pair if either side has been merged with something else in the meantime.
                if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length) continue;
                left.Length += right.Length;
                left.Next = right.Next;
                if (right.Next >= 0) symbols[right.Next].Previous = pair.Left;
                right.Length = 0;
                Propose(text, symbols, left.Previous, pair.Left, agenda, ref unusedSplits);
                Propose(text, symbols, pair.Left, left.Next, agenda, ref unusedSplits);
            }

            for (int i = count > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
                Emit(text, symbols[i].Start, symbols[i].Length, unusedSplits, segments);
        }
        finally
        {
            ArrayPool<Symbol>.Shared.Return(symbols);
        }
    }

    // Splits the text into characters and user-defined pieces.
    private int Split(ReadOnlySpan<byte> text, Symbol[] symbols)
    {
        int count = 0;
        for (int start = 0; start < text.Length; count++)
        {
            int defined = model.UserDefined.LongestPrefix(text[start..]);
            int length = defined > 0 ? defined : Math.Min(Utf8.LengthOf(text[start]), text.Length - start);
            symbols[count] = new Symbol { Previous = count - 1, Next = count + 1, Start = start, Length = length, IsFrozen = defined > 0 };
            start += length;
        }

        if (count > 0) symbols[count - 1].Next = -1;
        return count;
    }

    private void Propose(
        ReadOnlySpan<byte> text,
        Symbol[] symbols,
        int left,
        int right,
        PriorityQueue<Pair, Priority> agenda,
        ref Dictionary<int, int>? unusedSplits)
    {
        if (left < 0 || right < 0 || symbols[left].IsFrozen || symbols[right].IsFrozen) return;
        int length = symbols[left].Length + symbols[right].Length;
        int id = model.Searchable.Find(text.Slice(symbols[left].Start, length));
        if (id < 0) return;
        agenda.Enqueue(new Pair(left, right, length), new Priority(model.Score(id), left));
        // An unused piece may still lead to a longer one. If it remains at the end, it is split again.
        if (model.Is(id, PieceType.Unused)) (unusedSplits ??= [])[id] = symbols[left].Length;
    }

    private void Emit(ReadOnlySpan<byte> text, int start, int length, Dictionary<int, int>? unusedSplits, List<Segment> segments)
    {
        int id = model.Searchable.Find(text.Slice(start, length));
        if (id >= 0 && model.Is(id, PieceType.Unused) && unusedSplits is not null && unusedSplits.TryGetValue(id, out int left))
        {
            Emit(text, start, left, unusedSplits, segments);
            Emit(text, start + left, length - left, unusedSplits, segments);
            return;
        }

        segments.Add(new Segment(id < 0 ? model.UnknownId : id, start, length));
    }

    private struct Symbol
    {
        public int Previous, Next, Start, Length;
        public bool IsFrozen;
    }

    private readonly record struct Pair(int Left, int Right, int Length);

    private readonly record struct Priority(float Score, int Left) : IComparable<Priority>
    {
        public int CompareTo(Priority other) => Score == other.Score ? Left.CompareTo(other.Left) : other.Score.CompareTo(Score);
    }
}
