using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>Writes <c>y = x·Wᵀ + b</c> in one precision.</summary>
internal abstract class LinearLayer
{
    public static LinearLayer Create(GraphBuilder graph, WeightPrecision precision) => precision switch
    {
        WeightPrecision.Float32 => new FloatLinearLayer(graph, WeightType.Float32),
        WeightPrecision.Float16 => new FloatLinearLayer(graph, WeightType.Float16),
        WeightPrecision.Int8 => new Int8LinearLayer(graph),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Unknown precision."),
    };

    /// <param name="name">Name of the result, and prefix of the nodes and weights.</param>
    /// <param name="linear">The layer.</param>
    /// <param name="input">… × inputs, in the working type.</param>
    /// <param name="range">What is known of the input's values.</param>
    /// <returns>… × outputs, in the working type.</returns>
    public abstract string Apply(string name, Linear linear, string input, InputRange range);
}
