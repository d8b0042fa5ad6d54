namespace Tips.OnnxExport.Graphs;

/// <summary>A weight has a value that cannot be stored.</summary>
/// <param name="weight">Its name.</param>
/// <param name="message">The value, its place, and why.</param>
internal sealed class WeightException(string weight, string message) : Exception(message)
{
    public string Weight { get; } = weight;
}
