namespace Tips.MLNet.Text;

/// <summary>A piece of normalized text.</summary>
/// <param name="Id">Id of the piece.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes.</param>
internal readonly record struct Segment(int Id, int Start, int Length);

/// <summary>Splits normalized text into pieces. Thread-safe.</summary>
internal interface ISegmenter
{
    /// <param name="text">Normalized UTF-8.</param>
    /// <param name="segments">Receives the pieces in order.</param>
    void Segment(ReadOnlySpan<byte> text, List<Segment> segments);
}
