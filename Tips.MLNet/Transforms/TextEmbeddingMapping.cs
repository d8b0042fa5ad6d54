using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Models;
using Tips.MLNet.Text;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>Text column in, embedding column out.</summary>
internal sealed class TextEmbeddingMapping(string output, string input, TipsModel model, TipsTextEmbeddingOptions options) : IBatchMapping
{
    private const int Stride = TipsTokenizer.MaximumLength;

    public string Output { get; } = output;

    public string Input { get; } = input;

    public int BatchSize => options.BatchSize;

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema schema)
    {
        GetDependencies(schema);
        var annotations = new DataViewSchema.Annotations.Builder();
        if (options.Normalize) annotations.AddPrimitiveValue(AnnotationNames.IsNormalized, BooleanDataViewType.Instance, true);
        return [new(Output, new VectorDataViewType(NumberDataViewType.Single, model.EmbeddingDimension), annotations.ToAnnotations())];
    }

    public IReadOnlyList<int> GetDependencies(DataViewSchema schema)
    {
        var text = SchemaChecks.Find(schema, "text", Input);
        return text.Type is TextDataViewType ? [text.Index] : throw SchemaChecks.WrongType(nameof(schema), "text", Input, "text", text.Type);
    }

    public IBatch CreateBatch(DataViewRow row, int capacity) => new Batch(this, row, capacity);

    private TipsModel Model => model;

    private sealed class Batch(TextEmbeddingMapping mapping, DataViewRow row, int capacity) : IBatch
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _text = row.GetGetter<ReadOnlyMemory<char>>(row.Schema[mapping.Input]);
        private readonly int[] _ids = new int[capacity * Stride], _lengths = new int[capacity];
        private readonly float[] _embeddings = new float[capacity * mapping.Model.EmbeddingDimension];
        private ReadOnlyMemory<char> _current;

        public void Read(int slot)
        {
            _text(ref _current);
            _lengths[slot] = mapping.Model.Tokenizer.Encode(_current.Span, _ids.AsSpan(slot * Stride, Stride));
        }

        public void Run(int count) => TextEncoder.Embed(mapping.Model, _ids, _lengths.AsSpan(0, count), Stride, _embeddings);

        public void Get<TValue>(int output, int slot, ref TValue value)
        {
            ref var vector = ref Unsafe.As<TValue, VBuffer<float>>(ref value);
            int dimension = mapping.Model.EmbeddingDimension;
            var editor = VBufferEditor.Create(ref vector, dimension);
            _embeddings.AsSpan(slot * dimension, dimension).CopyTo(editor.Values);
            if (mapping.IsNormalized) TipsModel.Normalize(editor.Values);
            vector = editor.Commit();
        }
    }

    private bool IsNormalized => options.Normalize;
}
