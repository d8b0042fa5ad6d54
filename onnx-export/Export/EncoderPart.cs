using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Export;

/// <summary>An encoder's part of an export. Twins: image and text.</summary>
internal abstract class EncoderPart(ICheckpoint checkpoint, WeightPrecision precision) : ExportPart(checkpoint, precision)
{
    /// <summary>Width of the encoder, which is the length of an embedding.</summary>
    public abstract int Width { get; }

    /// <summary>The variant as the papers name it.</summary>
    public abstract string Variant { get; }
}
