namespace Tips.MLNet.Transforms;

/// <summary>
/// A model from a saved pipeline, owned jointly by all transformers that use it. The last one disposed frees it. Thread-safe.
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
