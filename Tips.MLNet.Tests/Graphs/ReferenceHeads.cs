using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>Wrong readings of how a head computes; each can be put into the plain reference.</summary>
[Flags]
internal enum HeadFault
{
    None = 0,

    /// <summary>GELU by the error function in place of tanh.</summary>
    ExactGelu = 1,

    /// <summary>Doubling with the outer edges of the map fixed, not the centers of its corners.</summary>
    DoublesWithoutCorners = 2,

    /// <summary>Kernels of transposed convolutions as the files hold them.</summary>
    KernelsNotReversed = 4,

    /// <summary>ReLU between the last convolution and the linear layer.</summary>
    ReluAfterProject = 8,

    /// <summary>The lateral unit for the sum, and the main one for the level.</summary>
    SwappedUnits = 16,

    /// <summary>Lateral maps of another size resized with the centers of their corners fixed.</summary>
    LateralWithCorners = 32,

    /// <summary>Logits of depth resized, not meters.</summary>
    ResizedLogits = 64,

    /// <summary>Normals resized by bilinear interpolation in place of bicubic.</summary>
    BilinearNormals = 128,

    /// <summary>Normals of any length resized.</summary>
    NoFirstNormalization = 256,

    /// <summary>Normals not brought to length 1 at the end.</summary>
    NoSecondNormalization = 512,
}

/// <summary>
/// A head as plainly as it can be written, in double precision, one picture at a time, and what is done with its map at the end: what the
/// graph and the library must compute. Nothing is folded or swapped. Slow.
/// </summary>
internal sealed class ReferenceHeads(HeadFault fault = HeadFault.None)
{
    /// <summary>The values of every pixel at the decoder's resolution.</summary>
    /// <param name="head">The head.</param>
    /// <param name="levels">For each level CLS 1, CLS 2 and the patch tokens, one after another.</param>
    /// <param name="rows">Rows of patches.</param>
    /// <param name="columns">Columns of patches.</param>
    public HeadMap Decode(DptHead head, float[][] levels, int rows, int columns)
    {
        HeadMap? map = null;
        for (int i = 0; i < DptHead.LevelCount; i++)
        {
            int index = DptHead.LevelCount - 1 - i;
            var (level, fusion) = (head.Levels[index], head.Fusions[i]);
            var own = Convolve(Reassemble(level, levels[index], rows, columns, index), level.Convolution, null, 1);
            var (lateral, main) = (fusion.Lateral, fusion.Main);
            if (lateral is not null && Has(HeadFault.SwappedUnits)) (lateral, main) = (main, lateral);
            if (map is null)
            {
                map = own;
            }
            else
            {
                if ((own.Height, own.Width) != (map.Height, map.Width))
                    own = own.Bilinear(map.Height, map.Width, alignCorners: Has(HeadFault.LateralWithCorners));
                map = map.Plus(Unit(own, lateral!));
            }

            map = Unit(map, main).Bilinear(2 * map.Height, 2 * map.Width, alignCorners: !Has(HeadFault.DoublesWithoutCorners));
            map = Convolve(map, fusion.Output.Weight, fusion.Output.Bias, 1);
        }

        map = Convolve(map!, head.Project.Weight, head.Project.Bias, 1);
        if (Has(HeadFault.ReluAfterProject)) map = map.Select(v => Math.Max(v, 0));
        return Convolve(map, head.Output.Weight.Reshape(head.Outputs, head.Channels, 1, 1), head.Output.Bias, 1);
    }

    /// <summary>Meters of every pixel of a picture, from the logits of bins.</summary>
    public HeadMap Depth(HeadMap logits, HeadOptions options, int height, int width) => Has(HeadFault.ResizedLogits)
        ? Meters(logits.Bilinear(height, width), options)
        : Meters(logits, options).Bilinear(height, width);

    /// <summary>Directions of length 1 of every pixel of a picture.</summary>
    public HeadMap Normals(HeadMap raw, int height, int width)
    {
        var directions = Has(HeadFault.NoFirstNormalization) ? raw : raw.Normalized();
        var resized = Has(HeadFault.BilinearNormals) ? directions.Bilinear(height, width) : directions.Bicubic(height, width);
        return Has(HeadFault.NoSecondNormalization) ? resized : resized.Normalized();
    }

    /// <summary>The expected depth over evenly spaced bins.</summary>
    public static HeadMap Meters(HeadMap logits, HeadOptions options)
    {
        var result = new HeadMap(1, logits.Height, logits.Width);
        int pixels = logits.Height * logits.Width;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            double sum = 0, weighted = 0;
            for (int bin = 0; bin < logits.Channels; bin++)
            {
                double p = Math.Max(logits.Values[bin * pixels + pixel], 0) + options.MinDepth;
                sum += p;
                weighted += p * (options.MinDepth + (options.MaxDepth - (double)options.MinDepth) * bin / (logits.Channels - 1));
            }

            result.Values[pixel] = weighted / sum;
        }

        return result;
    }

    private bool Has(HeadFault one) => fault.HasFlag(one);

    private HeadMap Reassemble(DptLevel level, float[] tokens, int rows, int columns, int index)
    {
        int width = level.Readout.Weight.Shape[0], patches = rows * columns;
        var map = new HeadMap(width, rows, columns);
        float[] weight = level.Readout.Weight.Read(), bias = level.Readout.Bias.Read();
        for (int patch = 0; patch < patches; patch++)
        {
            for (int output = 0; output < width; output++)
            {
                double sum = bias[output];
                for (int i = 0; i < width; i++)
                {
                    sum += (double)weight[output * 2 * width + i] * tokens[(2 + patch) * width + i];
                    sum += (double)weight[output * 2 * width + width + i] * tokens[i];
                }

                map.Values[output * patches + patch] = Has(HeadFault.ExactGelu) ? ReferenceTower.Gelu(sum) : ReferenceTower.TanhGelu(sum);
            }
        }

        map = Convolve(map, level.Projection.Weight.Reshape(level.Channels, width, 1, 1), level.Projection.Bias, 1);
        return index switch { 2 => map, 3 => Convolve(map, level.Resize!.Weight, level.Resize.Bias, 2), _ => Enlarge(map, level.Resize!) };
    }

    private HeadMap Enlarge(HeadMap map, Linear layer)
    {
        var kernels = Has(HeadFault.KernelsNotReversed) ? layer.Weight.ReverseKernels() : layer.Weight;
        int outputs = kernels.Shape[1], size = kernels.Shape[2];
        float[] weights = kernels.Read(), bias = layer.Bias.Read();
        var result = new HeadMap(outputs, map.Height * size, map.Width * size);
        for (int output = 0; output < outputs; output++)
        {
            for (int row = 0; row < result.Height; row++)
            {
                for (int column = 0; column < result.Width; column++)
                {
                    double sum = bias[output];
                    for (int input = 0; input < map.Channels; input++)
                    {
                        sum += map[input, row / size, column / size]
                            * weights[((input * outputs + output) * size + row % size) * size + column % size];
                    }

                    result[output, row, column] = sum;
                }
            }
        }

        return result;
    }

    private static HeadMap Unit(HeadMap map, ResidualUnit unit)
    {
        var first = Convolve(map.Select(v => Math.Max(v, 0)), unit.First, null, 1);
        return map.Plus(Convolve(first.Select(v => Math.Max(v, 0)), unit.Second, null, 1));
    }

    // Zeros around the map.
    private static HeadMap Convolve(HeadMap map, Weight kernel, Weight? bias, int stride)
    {
        int outputs = kernel.Shape[0], size = kernel.Shape[2], padding = size / 2;
        float[] weights = kernel.Read(), start = bias?.Read() ?? new float[outputs];
        var result = new HeadMap(outputs, (map.Height - 1) / stride + 1, (map.Width - 1) / stride + 1);
        for (int output = 0; output < outputs; output++)
        {
            result.Values.AsSpan(output * result.Height * result.Width, result.Height * result.Width).Fill(start[output]);
            for (int i = 0; i < map.Channels * size * size; i++)
            {
                int input = i / (size * size), y = i / size % size - padding, x = i % size - padding;
                double weight = weights[output * map.Channels * size * size + i];
                for (int row = 0; row < result.Height; row++)
                {
                    int sourceRow = row * stride + y;
                    if (sourceRow < 0 || sourceRow >= map.Height) continue;
                    for (int column = 0; column < result.Width; column++)
                    {
                        int sourceColumn = column * stride + x;
                        if (sourceColumn >= 0 && sourceColumn < map.Width)
                            result[output, row, column] += weight * map[input, sourceRow, sourceColumn];
                    }
                }
            }
        }

        return result;
    }
}
