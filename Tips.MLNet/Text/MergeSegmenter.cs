namespace Tips.MLNet.Text;

/// <summary>
/// Byte-pair encoding (Sennrich et al., 2016) with an ordered list of merges, as Hugging Face's library does it: of all neighbors that the
/// list has, the pair that comes first in the list is merged (the leftmost among equals), until no such pair is left. Thread-safe.
/// </summary>
/// <param name="model">The pieces.</param>
/// <param name="merges">Rank and result of each pair of ids.</param>
/// <param name="unknownId">The id for characters without a piece; −1 drops them.</param>
/// <param name="fuseUnknown">Whether neighboring unknown characters become one token.</param>
/// <param name="byteFallback">Whether a character without a piece becomes its bytes, if each of them has a piece.</param>
/// <param name="wholeWords">Whether a word that is a piece is not split at all.</param>
internal sealed class MergeSegmenter(
    SentencePieceModel model,
    IReadOnlyDictionary<(int Left, int Right), (int Rank, int Id)> merges,
    int unknownId,
    bool fuseUnknown,
    bool byteFallback,
    bool wholeWords)
{
    /// <param name="word">A word, UTF-8.</param>
    /// <param name="offset">Where the word begins in the text.</param>
    /// <param name="segments">Receives its tokens.</param>
    public void Segment(ReadOnlySpan<byte> word, int offset, List<Segment> segments)
    {
        if (wholeWords && model.Searchable.Find(word) is >= 0 and int whole)
        {
            segments.Add(new Segment(whole, offset, word.Length));
            return;
        }

        var symbols = Split(word);
        Merge(symbols);
        for (int i = symbols.Count > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
            segments.Add(new Segment(symbols[i].Id, offset + symbols[i].Start, symbols[i].Length));
    }

    private List<Symbol> Split(ReadOnlySpan<byte> word)
    {
        var symbols = new List<Symbol>(word.Length);
        bool afterUnknown = false;
        for (int start = 0; start < word.Length;)
        {
            int length = Math.Min(Utf8.LengthOf(word[start]), word.Length - start);
            var character = word.Slice(start, length);
            int id = model.Searchable.Find(character);
            if (id >= 0)
            {
                Add(id, start, length);
            }
            else if (byteFallback && HasBytePieces(character))
            {
                for (int i = 0; i < length; i++) Add(model.BytePiece(character[i]), start + i, 1);
            }
            else if (afterUnknown && fuseUnknown)
            {
                symbols[^1] = symbols[^1] with { Length = start + length - symbols[^1].Start };
            }
            else if (unknownId >= 0)
            {
                Add(unknownId, start, length);
                afterUnknown = true;
            }

            start += length;
        }

        return symbols;

        void Add(int id, int start, int length)
        {
            int index = symbols.Count;
            if (index > 0) symbols[^1] = symbols[^1] with { Next = index };
            symbols.Add(new Symbol(id, start, length, index - 1, -1));
            afterUnknown = false;
        }
    }

    private void Merge(List<Symbol> symbols)
    {
        var agenda = new PriorityQueue<(int Left, int Id), (int Rank, int Left)>();
        for (int i = 1; i < symbols.Count; i++) Propose(i - 1, i);
        while (agenda.TryDequeue(out var merge, out _))
        {
            var left = symbols[merge.Left];
            if (left.Length == 0 || left.Next < 0) continue;
            var right = symbols[left.Next];
            // Skip the pair if either side has been merged with something else in the meantime.
            if (!merges.TryGetValue((left.Id, right.Id), out var current) || current.Id != merge.Id) continue;
            symbols[left.Next] = right with { Length = 0 };
            symbols[merge.Left] = left with { Id = merge.Id, Length = left.Length + right.Length, Next = right.Next };
            if (right.Next >= 0) symbols[right.Next] = symbols[right.Next] with { Previous = merge.Left };
            if (left.Previous >= 0) Propose(left.Previous, merge.Left);
            if (right.Next >= 0) Propose(merge.Left, right.Next);
        }

        void Propose(int left, int right)
        {
            if (merges.TryGetValue((symbols[left].Id, symbols[right].Id), out var merge))
                agenda.Enqueue((left, merge.Id), (merge.Rank, left));
        }
    }

    private bool HasBytePieces(ReadOnlySpan<byte> character)
    {
        foreach (byte value in character)
        {
            if (model.BytePiece(value) < 0) return false;
        }

        return true;
    }

    private readonly record struct Symbol(int Id, int Start, int Length, int Previous, int Next);
}
