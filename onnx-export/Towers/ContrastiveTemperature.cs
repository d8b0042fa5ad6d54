namespace Tips.OnnxExport.Towers;

/// <summary>The temperature of the contrastive loss in a text checkpoint.</summary>
internal static class ContrastiveTemperature
{
    /// <summary>What it is called in one file or another.</summary>
    public static readonly string[] Names = ["temperature", "temperature_contrastive"];

    /// <summary>A number by itself, or in an array of one; null if <paramref name="key"/> is.</summary>
    public static Weight? Take(KeyReader keys, string? key)
        => key is null ? null : (keys.Rank(key) == 0 ? keys.Take(key) : keys.Take(key, 1)).Reshape(1);
}
