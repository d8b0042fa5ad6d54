using System.Drawing;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;

namespace Tips.MLNet.Transforms;

/// <summary>Pictures on their way to the foreground. They have one height and any width, so each runs by itself.</summary>
internal sealed class ForegroundBatch(TipsModel model, ForegroundClassifier classifier, Color background, int capacity) : ImageSourceBatch
{
    private readonly Item?[] _items = new Item?[capacity];
    private readonly ForegroundMap?[] _maps = new ForegroundMap?[capacity];

    /// <summary>That of a missing picture.</summary>
    public override int EmbeddingLength => 0;

    public override int LengthOf(int slot) => _maps[slot]!.Smoothed.Length;

    public override void Prepare(int slot, ImageSource item, CancellationToken cancellationToken = default)
    {
        _items[slot] = null;
        using var picture = item.Open(background, cancellationToken);
        _items[slot] = new Item(item.Name, Resize(picture, item.Name));
    }

    public override void Prepare(int slot, MLImage image)
    {
        using var picture = new DecodedPicture(image);
        _items[slot] = new Item(nameof(MLImage), Resize(picture, nameof(MLImage)));
    }

    public override void Move(int from, int to) => (_items[to], _items[from]) = (_items[from], null);

    public override void Run(int start, int count, CancellationToken cancellationToken = default)
    {
        for (int slot = start; slot < start + count; slot++)
        {
            if (_items[slot] is not { } item) continue; // missing, or unreadable
            _maps[slot] = classifier.Classify(ForegroundExample.Embed(model, item.Name, item.Picture, cancellationToken));
            _items[slot] = null;
        }
    }

    public override void CopyEmbedding(int slot, Span<float> destination) => _maps[slot]!.Smoothed.CopyTo(destination);

    // A picture that is too wide is the picture's fault, as one that is damaged is.
    private ResizedPicture Resize(DecodedPicture picture, string name)
    {
        try
        {
            return ForegroundExample.Resize(picture, name, classifier.ImageHeight, model.Images.PatchSize, background);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private sealed record Item(string Name, ResizedPicture Picture);
}
