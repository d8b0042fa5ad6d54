using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Tests.Pipelines.Batching;

/// <summary>A cheap batched transform that records what it did: column "Sum" is column "Value" plus 1000.</summary>
internal sealed class SumMapping(int batchSize) : IBatchMapping
{
    private int _read;

    public int BatchSize => batchSize;

    /// <summary>Rows read by any cursor.</summary>
    public int Read => Volatile.Read(ref _read);

    /// <summary>Sizes of the batches run.</summary>
    public List<int> Batches { get; } = [];

    /// <summary>A value that makes reading it fail.</summary>
    public float? FailAt { get; init; }

    /// <summary>A value that makes the run of its batch fail.</summary>
    public float? FailRunAt { get; init; }

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input) => [new("Sum", NumberDataViewType.Single)];

    public IReadOnlyList<int> GetDependencies(DataViewSchema input) => [input["Value"].Index];

    public IBatch CreateBatch(DataViewRow row, int capacity) => new Batch(this, row, capacity);

    private sealed class Batch(SumMapping mapping, DataViewRow row, int capacity) : IBatch
    {
        private readonly ValueGetter<float> _get = row.GetGetter<float>(row.Schema["Value"]);
        private readonly float[] _values = new float[capacity];

        public long Read(int slot)
        {
            _get(ref _values[slot]);
            if (_values[slot] == mapping.FailAt) throw new InvalidOperationException($"cannot read {_values[slot]}");
            Interlocked.Increment(ref mapping._read);
            return 0;
        }

        public void Run(int start, int count)
        {
            lock (mapping.Batches) mapping.Batches.Add(count);
            if (mapping.FailRunAt is { } bad && _values.AsSpan(start, count).Contains(bad))
                throw new InvalidOperationException($"cannot run {bad}");
            for (int i = start; i < start + count; i++) _values[i] += 1000;
        }

        public void Get<TValue>(int output, int slot, ref TValue value) => Unsafe.As<TValue, float>(ref value) = _values[slot];
    }
}
