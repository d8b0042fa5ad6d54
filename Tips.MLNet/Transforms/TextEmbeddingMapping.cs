using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Text column in, embedding column out.</summary>
internal sealed class TextEmbeddingMapping(
    string output, string input, TipsModel model, TipsTextEmbeddingOptions options, PipelineHost host)
    : EmbeddingMapping(
        new EmbeddingColumns(
            input, output, [model.EmbeddingDimension], options.Normalize, options.CacheBytes, "TipsTextEmbedding", "texts"), host)
{
    private readonly KeptEmbeddings? _kept
        = options.Store is { } store ? new KeptEmbeddings(store, EmbeddingKeys.OfTexts(model, options)) : null;

    private int _warned;

    public override int BatchSize => options.BatchSize;

    public override IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var text = SchemaChecks.Find(input, "text", Input);
        return text.Type is TextDataViewType ? [text.Index] : throw SchemaChecks.WrongType(nameof(input), "text", Input, "text", text.Type);
    }

    public override IBatch CreateBatch(DataViewRow row, int capacity)
    {
        var stored = _kept is null ? null : new StoredRows(_kept, capacity, batchSize: capacity, model.EmbeddingDimension);
        return new Batch(this, row, model.Texts.CreateBatch(capacity, options.Normalize), stored);
    }

    // ML.NET makes an empty text of a null, so a row that lacks its text cannot be told from one whose text is empty.
    private void WarnOfEmptyText(long row)
    {
        if (Interlocked.Exchange(ref _warned, 1) != 0) return;
        Warn(
            $"Row {row}: the text in column '{Input}' is null, empty or blank, so its embedding is the zero vector, which is equally far "
            + "from everything. Other rows may be like it; they are not reported.");
    }

    private sealed class Batch(TextEmbeddingMapping mapping, DataViewRow row, TextBatch batch, StoredRows? stored) : RowBatch<string>(batch)
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _text
            = row.GetGetter<ReadOnlyMemory<char>>(row.Schema[mapping.Input]);

        private ReadOnlyMemory<char> _current;

        public override long Read(int slot)
        {
            _text(ref _current);
            if (_current.Span.IsWhiteSpace()) mapping.WarnOfEmptyText(row.Position);
            if (stored is null)
            {
                batch.Prepare(slot, _current.Span);
                return 0;
            }

            if (slot == 0) stored.Begin();
            if (stored.TryFind(slot, _current.Span)) return 0;
            batch.Prepare(stored.PlaceCount, _current.Span);
            stored.TakePlace(slot);
            return 0;
        }

        public override void Run(int start, int count)
        {
            if (stored is null) base.Run(start, count);
            else stored.Run(batch, start + count);
        }

        protected override void CopyEmbedding(int slot, Span<float> destination)
        {
            if (stored is null) base.CopyEmbedding(slot, destination);
            else stored.CopyEmbedding(slot, destination);
        }
    }
}
