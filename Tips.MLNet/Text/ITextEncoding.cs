namespace Tips.MLNet.Text;

/// <summary>How a tokenizer turns a text into tokens. Thread-safe.</summary>
internal interface ITextEncoding
{
    /// <param name="text">The text.</param>
    /// <param name="normalize">Whether to normalize it first.</param>
    /// <param name="normalized">Receives the text, UTF-8, that the segments refer to.</param>
    /// <param name="segments">Receives the tokens in order.</param>
    void Encode(ReadOnlySpan<char> text, bool normalize, ref ByteBuffer normalized, List<Segment> segments);
}
