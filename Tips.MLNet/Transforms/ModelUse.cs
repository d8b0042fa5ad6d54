namespace Tips.MLNet.Transforms;

/// <summary>The model that a transformer uses.</summary>
/// <param name="Model">The model.</param>
/// <param name="Shared">What owns the model if it came out of a saved pipeline; null if it is the caller's.</param>
internal readonly record struct ModelUse(TipsModel Model, SharedModel? Shared)
{
    public static ModelUse Of(SharedModel shared) => new(shared.Model, shared);
}
