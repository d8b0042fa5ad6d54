namespace Tips.MLNet.Transforms;

/// <summary>
/// A model out of a saved pipeline, which all transformers that use it own together. The last one to go disposes it. Thread-safe.
/// </summary>
internal sealed class SharedModel(TipsModel model)
{
    private int _owners;

    public TipsModel Model => model;

    public void AddOwner() => Interlocked.Increment(ref _owners);

    public void RemoveOwner()
    {
        if (Interlocked.Decrement(ref _owners) == 0) model.Dispose();
    }
}
