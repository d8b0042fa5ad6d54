using System.Buffers;
using System.Text;

namespace Tips.MLNet.Text;

/// <summary>
/// The encoding of the SentencePiece library behind ASCII lowercasing, as the publisher's own code does it: normalize the whole text, split
/// it, and make bytes of unknown pieces or fuse runs of them.
/// </summary>
internal sealed class SentencePieceEncoding(SentencePieceModel model, bool lowerCase) : ITextEncoding
{
    private readonly ISegmenter _segmenter = model.ModelType == SentencePiece.TrainerProto.Types.ModelType.Bpe
        ? new BpeSegmenter(model)
        : new UnigramSegmenter(model);

    public void Encode(ReadOnlySpan<char> text, bool normalize, ref ByteBuffer normalized, List<Segment> segments)
    {
        Normalize(text, normalize, ref normalized);
        var bytes = normalized.Written;
        if (bytes.IsEmpty) return;
        _segmenter.Segment(bytes, segments);
        if (model.ByteFallback) UnknownToBytes(bytes, segments);
        else FuseUnknown(segments);
    }

    private void Normalize(ReadOnlySpan<char> text, bool normalize, ref ByteBuffer result)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var utf8 = bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes));
            if (!normalize)
            {
                result.Append(utf8);
                return;
            }

            if (lowerCase)
            {
                foreach (ref byte value in utf8)
                {
                    if (value is >= (byte)'A' and <= (byte)'Z') value |= 0x20;
                }
            }

            model.Normalizer.Normalize(utf8, ref result);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void FuseUnknown(List<Segment> segments)
    {
        int kept = 0;
        for (int i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            if (segment.Id == model.UnknownId && kept > 0 && segments[kept - 1].Id == model.UnknownId)
                segments[kept - 1] = segments[kept - 1] with { Length = segments[kept - 1].Length + segment.Length };
            else
                segments[kept++] = segment;
        }

        segments.RemoveRange(kept, segments.Count - kept);
    }

    private void UnknownToBytes(ReadOnlySpan<byte> normalized, List<Segment> segments)
    {
        if (!segments.Exists(s => s.Id == model.UnknownId)) return;
        Segment[] before = [.. segments];
        segments.Clear();
        foreach (var segment in before)
        {
            if (segment.Id != model.UnknownId)
            {
                segments.Add(segment);
                continue;
            }

            for (int i = segment.Start; i < segment.Start + segment.Length; i++)
                segments.Add(new Segment(model.BytePiece(normalized[i]), i, 1));
        }
    }
}
