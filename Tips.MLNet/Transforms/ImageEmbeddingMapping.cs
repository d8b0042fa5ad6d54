using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Image column in, embedding column out.</summary>
internal sealed class ImageEmbeddingMapping : EmbeddingMapping
{
    private readonly ImageEncoder _encoder;
    private readonly TipsImageEmbeddingOptions _options;
    private readonly ImagePreprocessor _preprocessor;

    public ImageEmbeddingMapping(string output, string input, ImageEncoder encoder, TipsImageEmbeddingOptions options, PipelineHost host)
        : base(
            new EmbeddingColumns(
                input,
                output,
                encoder.EmbeddingLength(options.ClassToken),
                options.Normalize,
                options.CacheBytes,
                "TipsImageEmbedding",
                "pictures"),
            host)
    {
        (_encoder, _options) = (encoder, options);
        _preprocessor = new ImagePreprocessor(encoder.ImageHeight, encoder.ImageWidth, options.Background);
        CheckBatchSize(encoder, options);
        BatchSize = options.BatchSize ?? encoder.DefaultBatchSize;
    }

    public override int BatchSize { get; }

    /// <exception cref="ArgumentOutOfRangeException">A batch would not fit into one tensor.</exception>
    public static void CheckBatchSize(ImageEncoder encoder, TipsImageEmbeddingOptions options)
    {
        if (options.BatchSize <= encoder.LargestBatchSize || options.BatchSize is null) return;
        throw new ArgumentOutOfRangeException(
            nameof(options),
            options.BatchSize,
            $"A batch of {options.BatchSize} pictures of {encoder.ImageHeight}x{encoder.ImageWidth} does not fit into one tensor; at most "
            + $"{encoder.LargestBatchSize} fit.");
    }

    public override IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var image = SchemaChecks.Find(input, "image", Input);
        if (image.Type is not ImageDataViewType) throw SchemaChecks.WrongType(nameof(input), "image", Input, "an image", image.Type);
        return FindName(input) is { } name ? [image.Index, name.Index] : [image.Index];
    }

    public override IBatch CreateBatch(DataViewRow row, int capacity)
        => new Batch(this, row, capacity, _encoder.CreateBatch(capacity, _options.ClassToken, _options.Normalize, _preprocessor));

    // If there is no such column, as in a PredictionEngine's input, rows have no name: it is only for messages. (Fit requires the column.)
    private DataViewSchema.Column? FindName(DataViewSchema input)
    {
        if (_options.RowNameColumn is not { } nameColumn || input.GetColumnOrNull(nameColumn) is not { } name) return null;
        return name.Type is TextDataViewType
            ? name
            : throw SchemaChecks.WrongType(nameof(input), "row name", nameColumn, "text", name.Type);
    }

    private sealed class Batch : RowBatch<ImageSource>
    {
        private readonly ImageBatch _batch;
        private readonly bool _missingAllowed;
        private readonly string _column;
        private readonly DataViewRow _row;
        private readonly ValueGetter<MLImage> _image;
        private readonly ValueGetter<ReadOnlyMemory<char>>? _name;
        private readonly bool[] _missing;

        // The producer's object: handed back to it at the next row, as ML.NET's contract requires, and never disposed here.
        private MLImage? _received;

        public Batch(ImageEmbeddingMapping mapping, DataViewRow row, int capacity, ImageBatch batch)
            : base(batch)
        {
            (_batch, _row, _column) = (batch, row, mapping.Input);
            _missingAllowed = mapping._options.InvalidImages == InvalidImageHandling.MissingValue;
            _image = row.GetGetter<MLImage>(row.Schema[mapping.Input]);
            _name = mapping.FindName(row.Schema) is { } name ? row.GetGetter<ReadOnlyMemory<char>>(name) : null;
            _missing = new bool[capacity];
        }

        public override void Read(int slot) => _missing[slot] = !TryPrepare(slot);

        protected override bool IsMissing(int slot) => _missing[slot];

        private bool TryPrepare(int slot)
        {
            try
            {
                ReceivedImage.Get(_image, ref _received);
            }
            catch (Exception e) when (UnreadablePicture.Explains(e))
            {
                _received = null;
                return Missing($"cannot be read: {UnreadablePicture.Reason(e)}", e);
            }

            if (_received is null) return Missing("is missing (null, or disposed).");
            if (4L * _received.Width * _received.Height > Array.MaxLength)
                return Missing($"cannot be read: its {_received.Width}x{_received.Height} pixels do not fit into one array.");
            _batch.Prepare(slot, _received);
            return true;
        }

        private bool Missing(string why, Exception? cause = null)
        {
            if (_missingAllowed) return false;
            throw new InvalidOperationException($"{DescribeRow()}: the picture in column '{_column}' {why}", cause);
        }

        private string DescribeRow()
        {
            DataViewRowId id = default;
            _row.GetIdGetter()(ref id);
            // Most sources number their rows in the low half of the id; where they do not, the position is the best there is.
            string number = $"Row {(id.High == 0 ? (long)id.Low : _row.Position)}";
            if (_name is null) return number;
            ReadOnlyMemory<char> name = default;
            _name(ref name);
            return $"{number} ('{name}')";
        }
    }
}
