using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Image column in, column of vectors out.</summary>
/// <param name="columns">The columns.</param>
/// <param name="options">What is done with pictures.</param>
/// <param name="batchSize">Pictures that run together.</param>
/// <param name="createBatch">Makes room for so many pictures.</param>
/// <param name="host">Where to log.</param>
internal sealed class PictureMapping(
    EmbeddingColumns columns, TipsPictureOptions options, int batchSize, Func<int, PictureBatch> createBatch, PipelineHost host)
    : EmbeddingMapping(columns, host)
{
    public override int BatchSize => batchSize;

    /// <exception cref="ArgumentOutOfRangeException">A batch would not fit into one tensor.</exception>
    public static void CheckBatchSize(TipsPictureOptions options, int height, int width, int largest)
    {
        if (options.BatchSize <= largest || options.BatchSize is null) return;
        throw new ArgumentOutOfRangeException(
            nameof(options),
            options.BatchSize,
            $"A batch of {options.BatchSize} pictures of {height}x{width} does not fit into one tensor; at most {largest} fit.");
    }

    public override IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var image = SchemaChecks.Find(input, "image", Input);
        if (image.Type is not ImageDataViewType) throw SchemaChecks.WrongType(nameof(input), "image", Input, "an image", image.Type);
        return FindName(input) is { } name ? [image.Index, name.Index] : [image.Index];
    }

    public override IBatch CreateBatch(DataViewRow row, int capacity)
        => new Batch(this, row, capacity, createBatch(capacity));

    private InvalidImageHandling InvalidImages => options.InvalidImages;

    // If there is no such column, as in a PredictionEngine's input, rows have no name: it is only for messages. (Fit requires the column.)
    private DataViewSchema.Column? FindName(DataViewSchema input)
    {
        if (options.RowNameColumn is not { } nameColumn || input.GetColumnOrNull(nameColumn) is not { } name) return null;
        return name.Type is TextDataViewType
            ? name
            : throw SchemaChecks.WrongType(nameof(input), "row name", nameColumn, "text", name.Type);
    }

    private sealed class Batch : RowBatch<ImageSource>
    {
        private readonly PictureBatch _batch;
        private readonly bool _missingAllowed;
        private readonly string _column;
        private readonly DataViewRow _row;
        private readonly ValueGetter<MLImage> _image;
        private readonly ValueGetter<ReadOnlyMemory<char>>? _name;
        private readonly bool[] _missing;

        // The producer's object: handed back to it at the next row, as ML.NET's contract requires, and never disposed here.
        private MLImage? _received;

        public Batch(PictureMapping mapping, DataViewRow row, int capacity, PictureBatch batch)
            : base(batch)
        {
            (_batch, _row, _column) = (batch, row, mapping.Input);
            _missingAllowed = mapping.InvalidImages == InvalidImageHandling.MissingValue;
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
