namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>A way from files to embeddings.</summary>
internal interface IEmbeddingWay
{
    string Name { get; }

    void Embed(string[] files);
}
