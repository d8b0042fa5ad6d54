using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Classifies picture embeddings by the names of their classes. Made by <see cref="TipsZeroShotEstimator"/> or by loading a saved pipeline, which
/// holds the labels' embeddings and needs no text encoder.
/// </summary>
/// <remarks>
/// <para>A row whose embedding is not finite gets a missing label and NaN scores.</para>
/// <para>Thread safety: every member may be called from several threads at once; cursors belong to one thread each, as in all of ML.NET.</para>
/// </remarks>
public sealed class TipsZeroShotTransformer : ITransformer
{
    private const string EmbeddingsStream = "Embeddings";

    private readonly ZeroShotMapping _mapping;

    internal TipsZeroShotTransformer(string embeddingColumnName, ZeroShotClassifier classifier)
    {
        EmbeddingColumnName = embeddingColumnName;
        Classifier = classifier;
        _mapping = new ZeroShotMapping(embeddingColumnName, classifier);
    }

    /// <summary>Labels and their embeddings.</summary>
    public ZeroShotClassifier Classifier { get; }

    /// <summary>Name of the embedding column.</summary>
    public string EmbeddingColumnName { get; }

    /// <summary>True: each row is classified by itself, so PredictionEngine works.</summary>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new BatchedRowMapper(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The embedding column is missing, or no vector of the classifier's dimension.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchedDataView.MakeSchema(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The embedding column is missing, or no vector of the classifier's dimension.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new BatchedDataView(input, _mapping);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        var writer = new ComponentWriter(ctx);
        var state = new ZeroShotState { Embedding = EmbeddingColumnName, Dimension = Classifier.EmbeddingDimension, Labels = Classifier.Labels, Temperature = Classifier.Temperature };
        writer.WriteState(ZeroShotLoader.Component, state, TransformsJsonContext.Default.ZeroShotState);
        writer.WriteStream(EmbeddingsStream, stream => stream.Write(MemoryMarshal.AsBytes(Classifier.Embeddings)));
    }

    internal static TipsZeroShotTransformer Load(ComponentReader reader)
    {
        var state = reader.ReadState(ZeroShotLoader.Component, TransformsJsonContext.Default.ZeroShotState);
        long expected = (long)state.Labels.Count * state.Dimension * sizeof(float);
        if (state.Labels.Count < 2 || state.Dimension < 1 || !(state.Temperature > 0) || expected > Array.MaxLength)
            throw Damaged($"has {state.Labels.Count} labels, embeddings of {state.Dimension} values and the temperature {state.Temperature}");
        float[] embeddings = new float[state.Labels.Count * state.Dimension];
        bool found = reader.TryReadStream(EmbeddingsStream, stream =>
        {
            if (stream.Length != expected) throw Damaged($"has {stream.Length} bytes of embeddings, expected {expected}");
            stream.ReadExactly(MemoryMarshal.AsBytes(embeddings.AsSpan()));
        });
        return found ? new TipsZeroShotTransformer(state.Embedding, new ZeroShotClassifier(state.Labels, embeddings, state.Temperature)) : throw Damaged("has no embeddings");

        static InvalidDataException Damaged(string what) => new($"The saved pipeline's zero-shot classifier {what}.");
    }
}

/// <summary>What a saved pipeline says about a zero-shot classifier.</summary>
internal sealed record ZeroShotState
{
    public required string Embedding { get; init; }

    public required int Dimension { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required float Temperature { get; init; }
}
