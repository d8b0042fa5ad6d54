namespace Tips.OnnxExport.Towers;

/// <summary>The temperature of the contrastive loss in a text checkpoint.</summary>
internal static class ContrastiveTemperature
{
    /// <summary>Its names in the various files.</summary>
    public static readonly string[] Names = ["temperature", "temperature_contrastive"];

    /// <summary>Reads a scalar or an array of one value; null if <paramref name="key"/> is null.</summary>
    public static Weight? Read(KeyReader keys, string? key)
        => key is null ? null : (keys.Rank(key) == 0 ? keys.GetWeight(key) : keys.GetWeight(key, 1)).Reshape(1);
}
