using System.Numerics.Tensors;
using Tips.MLNet.Evaluation;

namespace Tips.MLNet.Dense;

/// <summary>The patches of examples that are clearly foreground or background, as rows of a logistic regression.</summary>
internal static class ForegroundFit
{
    public static LogisticRegression Of(IReadOnlyList<ForegroundExample> examples)
    {
        int dimension = examples[0].Patches.Dimension, count = examples.Sum(e => e.UsedCount), next = 0;
        double[] rows = new double[(long)count * dimension];
        bool[] labels = new bool[count];
        foreach (var example in examples)
        {
            for (int patch = 0; patch < example.Patches.Count; patch++)
            {
                float mean = example.MaskMeans[patch];
                if (!ForegroundExample.IsUsed(mean)) continue;
                labels[next] = mean > 0;
                TensorPrimitives.ConvertTruncating<float, double>(
                    example.Patches[patch], rows.AsSpan(next++ * dimension, dimension));
            }
        }

        return new LogisticRegression(rows, labels);
    }

    /// <summary>The probability of each patch.</summary>
    /// <param name="patches">The patches.</param>
    /// <param name="parameters">D weights, then the intercept.</param>
    public static double[] Probabilities(PatchFeatures patches, double[] parameters)
    {
        double[] result = new double[patches.Count], row = new double[patches.Dimension];
        for (int patch = 0; patch < result.Length; patch++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(patches[patch], row);
            double margin = TensorPrimitives.Dot<double>(row, parameters.AsSpan(0, row.Length)) + parameters[^1];
            result[patch] = 1 / (1 + Math.Exp(-margin));
        }

        return result;
    }

    /// <summary>How well a regression ranks the patches of a picture that are clearly one or the other.</summary>
    public static double AveragePrecisionOf(ForegroundExample example, double[] parameters)
    {
        double[] probabilities = Probabilities(example.Patches, parameters);
        int[] used = [.. Enumerable.Range(0, probabilities.Length).Where(i => ForegroundExample.IsUsed(example.MaskMeans[i]))];
        return AveragePrecision.Compute(
            Array.ConvertAll(used, i => probabilities[i]), Array.ConvertAll(used, i => example.MaskMeans[i] > 0));
    }
}
