using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Text column in, embedding column out.</summary>
internal sealed class TextEmbeddingMapping(
    string output, string input, TextEncoder encoder, TipsTextEmbeddingOptions options, PipelineHost host)
    : EmbeddingMapping(
        new EmbeddingColumns(
            input, output, [encoder.EmbeddingDimension], options.Normalize, options.CacheBytes, "TipsTextEmbedding", "texts"), host)
{
    public override int BatchSize => options.BatchSize;

    public override IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var text = SchemaChecks.Find(input, "text", Input);
        return text.Type is TextDataViewType ? [text.Index] : throw SchemaChecks.WrongType(nameof(input), "text", Input, "text", text.Type);
    }

    public override IBatch CreateBatch(DataViewRow row, int capacity)
        => new Batch(row.GetGetter<ReadOnlyMemory<char>>(row.Schema[Input]), encoder.CreateBatch(capacity, options.Normalize));

    private sealed class Batch(ValueGetter<ReadOnlyMemory<char>> text, TextBatch batch) : RowBatch<string>(batch)
    {
        private ReadOnlyMemory<char> _current;

        public override void Read(int slot)
        {
            text(ref _current);
            batch.Prepare(slot, _current.Span);
        }
    }
}
