namespace Tips.MLNet.Transforms;

/// <summary>The model that a transformer uses.</summary>
/// <param name="Model">The model.</param>
/// <param name="Shared">What owns the model if it came from a saved pipeline; null if the caller owns it.</param>
internal readonly record struct ModelUse(TipsModel Model, SharedModel? Shared)
{
    public static ModelUse Of(SharedModel shared) => new(shared.Model, shared);
}
