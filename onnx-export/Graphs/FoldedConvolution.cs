using System.Numerics.Tensors;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>A convolution and the linear layer of each pixel after it, as one convolution.</summary>
internal static class FoldedConvolution
{
    /// <summary>Folds two layers with nothing between them. Sums are made in double precision and rounded once.</summary>
    public static Linear Create(Linear convolution, Linear linear)
    {
        int outputs = linear.Weight.Shape[0], channels = linear.Weight.Shape[1];
        int[] shape = [outputs, .. convolution.Weight.Shape.Skip(1)];
        int kernel = convolution.Weight.Count / channels;
        return new Linear(
            new Weight(shape, () => MultiplyAdd(linear, convolution.Weight.Read(), new double[outputs * kernel])),
            new Weight([outputs], () => MultiplyAdd(linear, convolution.Bias.Read(), Wide(linear.Bias.Read()))));
    }

    // Adds the layer's weights, times a matrix with a row for each of its inputs, to the sums, which have a row for each of its outputs.
    private static float[] MultiplyAdd(Linear linear, float[] matrix, double[] sums)
    {
        int outputs = linear.Weight.Shape[0], channels = linear.Weight.Shape[1], length = matrix.Length / channels;
        float[] factors = linear.Weight.Read();
        double[] rows = Wide(matrix);
        for (int output = 0; output < outputs; output++)
        {
            var sum = sums.AsSpan(output * length, length);
            for (int channel = 0; channel < channels; channel++)
                TensorPrimitives.MultiplyAdd(rows.AsSpan(channel * length, length), factors[output * channels + channel], sum, sum);
        }

        return Array.ConvertAll(sums, v => (float)v);
    }

    private static double[] Wide(float[] values) => Array.ConvertAll(values, v => (double)v);
}
