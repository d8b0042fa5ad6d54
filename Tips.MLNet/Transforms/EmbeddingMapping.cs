using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>A column of pictures or texts in, a column of embeddings out.</summary>
internal abstract class EmbeddingMapping : IBatchMapping
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly EmbeddingColumns _columns;
    private readonly PipelineHost _host;
    private readonly Lock _lock = new();
    private long _computed, _started, _logged;

    protected EmbeddingMapping(EmbeddingColumns columns, PipelineHost host) => (_columns, _host) = (columns, host);

    public string Input => _columns.Input;

    public string Output => _columns.Output;

    public abstract int BatchSize { get; }

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input)
    {
        GetDependencies(input);
        var annotations = new DataViewSchema.Annotations.Builder();
        if (_columns.Normalize) annotations.AddPrimitiveValue(AnnotationNames.IsNormalized, BooleanDataViewType.Instance, true);
        if (_columns.Dimensions is [var height, var width, ..]) ScoreColumns.AddNumbers(annotations, AnnotationNames.Grid, [height, width]);
        if (_columns.Classes is { } classes) ScoreColumns.AddNames(annotations, AnnotationNames.Classes, classes);
        var item = _columns.Classes is null ? NumberDataViewType.Single : NumberDataViewType.Byte;
        return [new(Output, new VectorDataViewType(item, _columns.Dimensions), annotations.ToAnnotations())];
    }

    public virtual ReadPlan PlanFor(DataViewSchema input) => new(BatchSize, BatchSize, TakesTurns: false);

    public abstract IReadOnlyList<int> GetDependencies(DataViewSchema input);

    public abstract IBatch CreateBatch(DataViewRow row, int capacity);

    public VectorCache? CreateCache()
    {
        bool canKeep = _columns.Classes is null && _columns.Length > 0; // it keeps float32 vectors of one length
        long bytes = canKeep ? _columns.CacheBytes : 0;
        return new VectorCache(_columns.Length, bytes, WarnOfFullCache, WarnOfSecondPass);

        void WarnOfFullCache(int rows) => Warn(
            $"The cache of column '{Output}' is full after {rows:N0} rows ({bytes:N0} bytes). Further rows are embedded again in every "
            + "pass over the data. Put AppendCacheCheckpoint behind the embedding, or raise CacheBytes.");

        void WarnOfSecondPass()
        {
            string why = bytes > 0 ? "its cache is full" : canKeep ? "CacheBytes is 0" : "it has no cache";
            string more = canKeep ? " or raise CacheBytes." : "";
            Warn(
                $"{char.ToUpperInvariant(_columns.Items[0])}{_columns.Items[1..]} of column '{Input}' are embedded again for column "
                + $"'{Output}', because {why}. A trainer that reads its data many times runs them in every pass: give it "
                + $"mlContext.Data.Cache of the view with this column{(more.Length > 0 ? "," : ".")}{more}");
        }
    }

    public void Computed(int count)
    {
        long now = Stopwatch.GetTimestamp(), done;
        TimeSpan elapsed;
        lock (_lock)
        {
            if (_started == 0) _started = _logged = now;
            done = _computed += count;
            if (Stopwatch.GetElapsedTime(_logged, now) < LogInterval) return;
            (_logged, elapsed) = (now, Stopwatch.GetElapsedTime(_started, now));
        }

        _host.Info(_columns.Component, $"{done:N0} {_columns.Items} embedded, {done / elapsed.TotalSeconds:N1} a second.");
    }

    /// <summary>Sends a warning to the listeners of <c>mlContext.Log</c>.</summary>
    protected void Warn(string message) => _host.Warn(_columns.Component, message);

    /// <summary>Rows on their way through an encoder.</summary>
    internal abstract class RowBatch<TItem>(EmbeddingBatch<TItem> batch) : IBatch
    {
        public abstract long Read(int slot);

        public virtual void Prepare(int count, ExceptionDispatchInfo?[] failures, CancellationToken cancellationToken)
        {
        }

        public virtual void Run(int start, int count) => batch.Run(start, count);

        public void Get<TValue>(int output, int slot, ref TValue value)
        {
            if (batch is IClassBatch classes)
            {
                ref var bytes = ref Unsafe.As<TValue, VBuffer<byte>>(ref value);
                var classEditor = VBufferEditor.Create(ref bytes, batch.EmbeddingLength);
                classes.CopyClasses(slot, classEditor.Values);
                bytes = classEditor.Commit();
                return;
            }

            ref var vector = ref Unsafe.As<TValue, VBuffer<float>>(ref value);
            bool isMissing = IsMissing(slot);
            var editor = VBufferEditor.Create(ref vector, isMissing ? batch.EmbeddingLength : batch.LengthOf(slot));
            if (isMissing) editor.Values.Fill(float.NaN);
            else CopyEmbedding(slot, editor.Values);
            vector = editor.Commit();
        }

        /// <summary>Whether the row has nothing to embed; its embedding is then a missing value, NaN.</summary>
        protected virtual bool IsMissing(int slot) => false;

        /// <summary>Copies an embedding of the last run.</summary>
        protected virtual void CopyEmbedding(int slot, Span<float> destination) => batch.CopyEmbedding(slot, destination);
    }
}

/// <summary>The columns of an embedding and what they hold.</summary>
/// <param name="Input">Column of pictures or texts.</param>
/// <param name="Output">Column of embeddings.</param>
/// <param name="Dimensions">Length of an embedding; or rows, columns and length of a grid of them. 0 if it differs from row to row.</param>
/// <param name="Normalize">Whether embeddings are normalized.</param>
/// <param name="CacheBytes">Memory that a view may use to keep its embeddings.</param>
/// <param name="Component">Name of the transform in the log.</param>
/// <param name="Items">"pictures" or "texts".</param>
/// <param name="Classes">Names of classes if the values are classes, which are bytes; null if they are numbers.</param>
internal sealed record EmbeddingColumns(
    string Input,
    string Output,
    int[] Dimensions,
    bool Normalize,
    long CacheBytes,
    string Component,
    string Items,
    IReadOnlyList<string>? Classes = null)
{
    /// <summary>Values of a row.</summary>
    public int Length { get; } = Dimensions.Aggregate((a, b) => checked(a * b));
}
