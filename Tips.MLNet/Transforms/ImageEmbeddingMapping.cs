using Tips.MLNet.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Images;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>Image column in, embedding column out.</summary>
internal sealed class ImageEmbeddingMapping : IBatchMapping
{
    /// <summary>
    /// On a CPU one 448-pixel picture (1,026 tokens) fills the cores, and larger batches only leave the caches; this many tokens amortise
    /// what small pictures cost besides.
    /// </summary>
    private const int CpuTokensPerBatch = 512;

    private const int GpuBatchSize = 32, LargestCpuBatch = 32;

    private readonly TipsModel _model;
    private readonly TipsImageEmbeddingOptions _options;
    private readonly ImagePreprocessor _preprocessor;

    public ImageEmbeddingMapping(string output, string input, TipsModel model, TipsImageEmbeddingOptions options)
    {
        (Output, Input, _model, _options) = (output, input, model, options);
        _preprocessor = new ImagePreprocessor(model.ImageHeight, model.ImageWidth, options.Background);
        BatchSize = options.BatchSize ?? DefaultBatchSize(model);
        if ((long)BatchSize * model.PixelValuesPerImage > Array.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(options), BatchSize, $"A batch of {BatchSize} pictures of {model.ImageHeight}x{model.ImageWidth} is beyond one tensor; at most {Array.MaxLength / model.PixelValuesPerImage} fit.");
    }

    public string Output { get; }

    public string Input { get; }

    public int BatchSize { get; }

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input)
    {
        GetDependencies(input);
        var annotations = new DataViewSchema.Annotations.Builder();
        if (_options.Normalize) annotations.AddPrimitiveValue(AnnotationNames.IsNormalized, BooleanDataViewType.Instance, true);
        int length = _model.EmbeddingDimension * (_options.ClassToken == ClassToken.Both ? 2 : 1);
        return [new(Output, new VectorDataViewType(NumberDataViewType.Single, length), annotations.ToAnnotations())];
    }

    public IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var image = SchemaChecks.Find(input, "image", Input);
        if (image.Type is not ImageDataViewType) throw SchemaChecks.WrongType(nameof(input), "image", Input, "an image", image.Type);
        return FindName(input) is { } name ? [image.Index, name.Index] : [image.Index];
    }

    public IBatch CreateBatch(DataViewRow row, int capacity) => new Batch(this, row, capacity);

    internal static int DefaultBatchSize(TipsModel model) => model.Options.Provider == ExecutionProvider.Cuda
        ? GpuBatchSize
        : Math.Clamp(CpuTokensPerBatch / (model.PatchCount + 2), 1, LargestCpuBatch);

    // Where there is no such column, as in a PredictionEngine's input, rows go without a name: it only serves messages. (Fit insists on it.)
    private DataViewSchema.Column? FindName(DataViewSchema input)
    {
        if (_options.RowNameColumn is not { } nameColumn || input.GetColumnOrNull(nameColumn) is not { } name) return null;
        return name.Type is TextDataViewType ? name : throw SchemaChecks.WrongType(nameof(input), "row name", nameColumn, "text", name.Type);
    }

    private sealed class Batch : IBatch
    {
        private readonly ImageEmbeddingMapping _mapping;
        private readonly DataViewRow _row;
        private readonly ValueGetter<MLImage> _image;
        private readonly ValueGetter<ReadOnlyMemory<char>>? _name;
        private readonly float[] _pixels, _tokens;
        private readonly bool[] _invalid;

        // The producer's object: handed back to it at the next row, as ML.NET's contract wants, and never disposed here.
        private MLImage? _received;

        public Batch(ImageEmbeddingMapping mapping, DataViewRow row, int capacity)
        {
            _mapping = mapping;
            _row = row;
            _image = row.GetGetter<MLImage>(row.Schema[mapping.Input]);
            _name = mapping.FindName(row.Schema) is { } name ? row.GetGetter<ReadOnlyMemory<char>>(name) : null;
            _pixels = new float[capacity * mapping._model.PixelValuesPerImage];
            _tokens = new float[capacity * 2 * mapping._model.EmbeddingDimension];
            _invalid = new bool[capacity];
        }

        public void Read(int slot)
        {
            int length = _mapping._model.PixelValuesPerImage;
            var target = _pixels.AsSpan(slot * length, length);
            _invalid[slot] = !TryRead(target);
            if (_invalid[slot]) target.Clear();
        }

        public void Run(int count) => _mapping._model.EmbedImages(_pixels, count, _tokens);

        public void Get<TValue>(int output, int slot, ref TValue value)
        {
            ref var vector = ref Unsafe.As<TValue, VBuffer<float>>(ref value);
            int dimension = _mapping._model.EmbeddingDimension;
            var options = _mapping._options;
            var (first, length) = options.ClassToken switch
            {
                ClassToken.First => (0, dimension),
                ClassToken.Second => (dimension, dimension),
                _ => (0, 2 * dimension),
            };
            var editor = VBufferEditor.Create(ref vector, length);
            var embedding = editor.Values;
            if (_invalid[slot])
            {
                embedding.Fill(float.NaN);
            }
            else
            {
                _tokens.AsSpan(slot * 2 * dimension + first, length).CopyTo(embedding);
                if (options.Normalize) Normalize(embedding, dimension);
            }

            vector = editor.Commit();
        }

        private static void Normalize(Span<float> embedding, int dimension)
        {
            for (int start = 0; start < embedding.Length; start += dimension) TipsModel.Normalize(embedding.Slice(start, dimension));
            if (embedding.Length > dimension) TipsModel.Normalize(embedding);
        }

        private bool TryRead(Span<float> target)
        {
            try
            {
                ReceivedImage.Take(_image, ref _received);
                if (_received is null)
                {
                    return _mapping._options.InvalidImages == InvalidImageHandling.MissingValue
                        ? false
                        : throw new InvalidOperationException($"{Describe()}: the picture in column '{_mapping.Input}' is missing (null).");
                }

                if (4L * _received.Width * _received.Height > Array.MaxLength) throw new NotSupportedException($"its {_received.Width}x{_received.Height} pixels are beyond one array.");
                _mapping._preprocessor.Preprocess(_received, target);
                return true;
            }
            catch (Exception e) when (IsUnreadable(e))
            {
                _received = null;
                if (_mapping._options.InvalidImages == InvalidImageHandling.MissingValue) return false;
                throw new InvalidOperationException($"{Describe()}: the picture in column '{_mapping.Input}' cannot be read: {Reason(e)}", e);
            }
        }

        // What LoadImages and MLImage throw for a file that is missing, locked or no picture. For one that claims to be larger than memory
        // SkiaSharp, below them, throws the bare base class. Anything else is not about the picture.
        private static bool IsUnreadable(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException
            || (e.GetType() == typeof(Exception) && e.Source is "SkiaSharp" or "Microsoft.ML.ImageAnalytics");

        // What MLImage calls an invalid path or stream exists and cannot be decoded.
        private static string Reason(Exception e) => e is ArgumentException { ParamName: "imagePath" or "imageStream" } ? "it is damaged or not of a known picture format." : e.Message;

        private string Describe()
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
