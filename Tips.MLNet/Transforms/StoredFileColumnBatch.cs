using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;
using Tips.MLNet.Store;

namespace Tips.MLNet.Transforms;

/// <summary>The same with a store: rows whose embeddings are there are neither decoded nor run.</summary>
internal sealed class StoredFileColumnBatch : FileColumnBatch
{
    private readonly ImageSourceBatch _batch;
    private readonly StoredRows _stored;
    private readonly ImageDecodingOptions _decoding;

    public StoredFileColumnBatch(
        DataViewRow row,
        DataViewSchema.Column column,
        TipsPictureOptions options,
        RowNames names,
        int capacity,
        ImageSourceBatch batch,
        int threads,
        StoredRows stored)
        : base(row, column, options, names, capacity, batch, threads)
    {
        (_batch, _stored) = (batch, stored);
        _decoding = new ImageDecodingOptions { Upright = options.Upright, MaximumPixels = options.MaximumPixels };
    }

    public override void Prepare(int count, ExceptionDispatchInfo?[] failures, CancellationToken cancellationToken)
    {
        _stored.Begin();
        base.Prepare(count, failures, cancellationToken);
        for (int slot = 0; slot < count; slot++)
        {
            // What was found, is missing or has failed does not run. The others move together.
            if (_stored.IsFound(slot) || IsMissing(slot) || failures[slot] is not null) continue;
            int place = _stored.TakePlace(slot);
            if (place != slot) _batch.Move(slot, place);
        }
    }

    public override void Run(int start, int count) => _stored.Run(_batch, start + count);

    protected override void Prepare(int slot, ImageSource source, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.IsEmpty) PrepareFile(slot, source.Name, cancellationToken);
        else if (!_stored.TryFind(slot, StoreKey.Of(bytes))) _batch.Prepare(slot, source, cancellationToken);
    }

    protected override void CopyEmbedding(int slot, Span<float> destination) => _stored.CopyEmbedding(slot, destination);

    private void PrepareFile(int slot, string path, CancellationToken cancellationToken)
    {
        var store = _stored.Store;
        var before = FileStamp.Of(path);
        if (before is { } known && store.TryGetFile(known, out var lastContent) && _stored.TryFind(slot, lastContent)) return;
        bool isSettled = before?.IsSettled(DateTime.UtcNow) ?? false;
        using var file = PictureFile.Read(path);
        store.CountFileRead();
        var content = StoreKey.Of(file.Bytes);
        // From the bytes that were hashed: the file may change meanwhile.
        if (!_stored.TryFind(slot, content))
            _batch.Prepare(slot, ImageSource.FromBytes(file.Memory, path).WithDecoding(_decoding), cancellationToken);
        if (isSettled && FileStamp.Of(path) is { } after && after == before) store.AddFile(after, content);
    }
}
