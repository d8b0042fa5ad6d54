namespace Tips.OnnxExport.Graphs;

/// <summary>The numbers a model folder computes with. Inputs and outputs of every graph are float32 in all of them.</summary>
internal enum WeightPrecision
{
    /// <summary>float32 throughout: the reference's numbers.</summary>
    Float32,

    /// <summary>Linear layers and attention in float16; the residual stream, layer norms and softmax in float32. For GPUs.</summary>
    Float16,

    /// <summary>Linear layers in 8-bit integers, scaled per token and per output channel; the rest in float32. For CPUs.</summary>
    Int8,
}

internal static class WeightPrecisions
{
    /// <summary>The name in a manifest and on the command line.</summary>
    public static string Name(this WeightPrecision precision) => precision switch
    {
        WeightPrecision.Float32 => "fp32",
        WeightPrecision.Float16 => "fp16",
        WeightPrecision.Int8 => "int8",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Unknown precision."),
    };
}
