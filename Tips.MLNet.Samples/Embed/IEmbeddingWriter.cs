namespace Tips.MLNet.Samples.Embed;

/// <summary>Writes embeddings one by one.</summary>
internal interface IEmbeddingWriter
{
    void Write(string name, ReadOnlySpan<float> embedding);
}
