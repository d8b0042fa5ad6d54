namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>A method of turning files into embeddings.</summary>
internal interface IEmbeddingMethod
{
    string Name { get; }

    void Embed(string[] files);
}
