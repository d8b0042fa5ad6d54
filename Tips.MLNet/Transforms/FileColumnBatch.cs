using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Rows of a column of paths, or of the bytes of files: reading a row keeps the value, and all files are decoded after that.
/// </summary>
internal class FileColumnBatch : EmbeddingMapping.RowBatch<ImageSource>
{
    // EMFILE of Unix.
    private const int TooManyOpenFiles = 24;

    private const int MostSpareBytes = 1 << 20;

    private readonly ImageSourceBatch _batch;
    private readonly TipsPictureOptions _options;
    private readonly ImageDecodingOptions _decoding;
    private readonly RowNames _names;
    private readonly string _column;
    private readonly int _threads;
    private readonly Slot[] _slots;
    private readonly ValueGetter<ReadOnlyMemory<char>>? _path;
    private readonly ValueGetter<VBuffer<byte>>? _bytes;
    private ReadOnlyMemory<char> _currentPath;
    private VBuffer<byte> _currentBytes;

    public FileColumnBatch(
        DataViewRow row,
        DataViewSchema.Column column,
        TipsPictureOptions options,
        RowNames names,
        int capacity,
        ImageSourceBatch batch,
        int threads)
        : base(batch)
    {
        (_batch, _options, _names, _column, _threads) = (batch, options, names, column.Name, threads);
        _decoding = new ImageDecodingOptions { Upright = options.Upright, MaximumPixels = options.MaximumPixels };
        _slots = new Slot[capacity];
        if (column.Type is TextDataViewType) _path = row.GetGetter<ReadOnlyMemory<char>>(column);
        else _bytes = row.GetGetter<VBuffer<byte>>(column);
    }

    public override long Read(int slot)
    {
        ref var kept = ref _slots[slot];
        (kept.Source, kept.IsMissing, kept.Row, kept.Name) = (null, false, _names.Number, _names.Name);
        var source = _path is not null ? ReadPath(_path) : ReadBytes(_bytes!, ref kept);
        if (source is null && _options.InvalidImages == InvalidImageHandling.Throw)
        {
            string what = _path is not null ? "the path" : "the vector of bytes";
            throw new InvalidOperationException($"{RowNames.Describe(kept.Row, kept.Name)}: {what} in column '{_column}' is empty.");
        }

        kept.IsMissing = source is null;
        kept.Source = source?.WithDecoding(_decoding);
        return source is null ? 0 : kept.Bytes?.Length ?? 0;
    }

    public override void Prepare(int count, ExceptionDispatchInfo?[] failures, CancellationToken cancellationToken)
    {
        Workers.Run(count, _threads, slot => Prepare(slot, cancellationToken), failures, cancellationToken);
        for (int slot = 0; slot < count; slot++)
        {
            if (failures[slot]?.SourceException is not { } cause || !IsFaultOfPicture(cause)) continue;
            bool isMissing = _options.InvalidImages == InvalidImageHandling.MissingValue;
            _slots[slot].IsMissing = isMissing;
            string row = RowNames.Describe(_slots[slot].Row, _slots[slot].Name);
            failures[slot] = isMissing
                ? null
                : ExceptionDispatchInfo.Capture(new InvalidOperationException($"{row}: {cause.Message}", cause));
        }
    }

    /// <summary>Decodes the picture of a slot. Several threads do so at the same time.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="source">Its picture.</param>
    /// <param name="bytes">Its bytes if they are in the column; empty if its path is.</param>
    /// <param name="cancellationToken">Ends the waiting for memory.</param>
    protected virtual void Prepare(int slot, ImageSource source, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken)
        => _batch.Prepare(slot, source, cancellationToken);

    protected override bool IsMissing(int slot) => _slots[slot].IsMissing;

    // That there is no memory, or that too many files are open, is no fault of the picture.
    private static bool IsFaultOfPicture(Exception e)
        => e is InvalidDataException or UnauthorizedAccessException or IOException { HResult: not TooManyOpenFiles };

    private void Prepare(int slot, CancellationToken cancellationToken)
    {
        ref readonly var kept = ref _slots[slot];
        if (kept.Source is { } source) Prepare(slot, source, kept.Bytes.AsSpan(0, kept.Length), cancellationToken);
    }

    private ImageSource? ReadPath(ValueGetter<ReadOnlyMemory<char>> getter)
    {
        getter(ref _currentPath);
        return _currentPath.Span.IsWhiteSpace()
            ? null
            : ImageSource.FromFile(Path.Combine(_options.ImageFolder, _currentPath.ToString()));
    }

    private ImageSource? ReadBytes(ValueGetter<VBuffer<byte>> getter, ref Slot kept)
    {
        getter(ref _currentBytes);
        int length = _currentBytes.Length;
        if (length == 0) return null;
        // Reused, unless it is too small, or much larger than what it is to hold.
        if (kept.Bytes is null || kept.Bytes.Length < length || kept.Bytes.Length > 2L * length + MostSpareBytes)
            kept.Bytes = new byte[length];
        _currentBytes.CopyTo(kept.Bytes.AsSpan(0, length));
        kept.Length = length;
        return ImageSource.FromBytes(kept.Bytes.AsMemory(0, length), kept.Name);
    }

    /// <summary>What is kept of a row until its file is decoded.</summary>
    private struct Slot
    {
        public long Row;
        public string? Name;
        public ImageSource? Source;
        public byte[]? Bytes; // reused
        public int Length; // of what is in there
        public bool IsMissing;
    }
}
