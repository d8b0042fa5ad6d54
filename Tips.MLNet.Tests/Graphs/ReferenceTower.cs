using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>Faults that have been made in other ports; each can be put into the plain reference.</summary>
[Flags]
internal enum Fault
{
    None = 0,

    /// <summary>GELU by tanh in place of the error function.</summary>
    TanhGelu = 1,

    /// <summary>The other encoder's epsilon in every layer norm.</summary>
    WrongEpsilon = 2,

    /// <summary>A position grid that shrinks without antialiasing.</summary>
    NoAntialias = 4,

    /// <summary>SwiGLU with its halves swapped.</summary>
    SwappedGateAndValue = 8,

    /// <summary>The first CLS token's position on the second one, too.</summary>
    PositionOnSecondToken = 16,

    /// <summary>Token embeddings that are not multiplied by √D.</summary>
    NoEmbeddingScale = 32,
}

/// <summary>
/// Both encoders as plainly as they can be written, in double precision, one item at a time: what the graphs must compute. Slow.
/// </summary>
internal sealed class ReferenceTower(Fault fault)
{
    /// <param name="tower">The encoder.</param>
    /// <param name="firstPosition">The position of the first CLS token, for a fault.</param>
    /// <param name="pixels">3 × height × width values.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="valuePath">Whether each token passes its own value on in the last block.</param>
    /// <returns>Both CLS tokens and the patch tokens, after the final norm, one after another.</returns>
    public double[][] Vision(
        VisionTower tower, float[] firstPosition, float[] pixels, int height, int width, bool valuePath = false)
    {
        int patch = tower.PatchSize, rows = height / patch, columns = width / patch, d = tower.Width;
        double[][] positions = Positions(tower, rows, columns);
        float[] kernel = tower.PatchEmbedding.Weight.Read(), bias = tower.PatchEmbedding.Bias.Read();
        var tokens = new List<double[]> { Double(tower.FirstClassToken), Double(tower.SecondClassToken) };
        if (fault.HasFlag(Fault.PositionOnSecondToken)) tokens[1] = Add(tokens[1], Array.ConvertAll(firstPosition, v => (double)v));
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double[] token = Array.ConvertAll(bias, b => (double)b);
                for (int output = 0; output < d; output++)
                {
                    for (int i = 0; i < 3 * patch * patch; i++)
                    {
                        int channel = i / (patch * patch), y = i / patch % patch, x = i % patch;
                        token[output] += (double)kernel[output * 3 * patch * patch + i]
                            * pixels[(channel * height + row * patch + y) * width + column * patch + x];
                    }
                }

                tokens.Add(Add(token, positions[row * columns + column]));
            }
        }

        double epsilon = fault.HasFlag(Fault.WrongEpsilon) ? 10 * tower.NormEpsilon : tower.NormEpsilon;
        double[][] x2 = [.. tokens];
        foreach (var block in tower.Blocks)
        {
            double[][] normed = Norm(x2, block.AttentionNorm, epsilon);
            double[][] attended = valuePath && block == tower.Blocks[^1]
                ? Apply(block.AttentionOutput, Apply(block.Value, normed))
                : Attention(normed, (block.Query, block.Key, block.Value, block.AttentionOutput), tower.Heads, _ => true);
            x2 = AddScaled(x2, attended, block.AttentionScale);
            double[][] fed = FeedForward(block.FeedForward, Norm(x2, block.FeedForwardNorm, epsilon));
            x2 = AddScaled(x2, fed, block.FeedForwardScale);
        }

        return Norm(x2, tower.FinalNorm, epsilon);
    }

    /// <param name="tower">The encoder.</param>
    /// <param name="ids">Token ids; 0 is padding, wherever it stands.</param>
    public double[] Text(TextTower tower, long[] ids)
    {
        int d = tower.Width;
        float[] table = tower.TokenEmbedding.Read();
        double scale = fault.HasFlag(Fault.NoEmbeddingScale) ? 1 : Math.Sqrt(d);
        double[][] x = new double[ids.Length][];
        for (int position = 0; position < ids.Length; position++)
        {
            x[position] = new double[d];
            for (int j = 0; j < d; j++)
            {
                double angle = position * Math.Pow(10_000, -(double)(j % (d / 2)) / Math.Max(d / 2 - 1, 1));
                x[position][j] = table[ids[position] * d + j] * scale + (j < d / 2 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        double epsilon = fault.HasFlag(Fault.WrongEpsilon) ? 0.1 * tower.NormEpsilon : tower.NormEpsilon;
        foreach (var block in tower.Blocks)
        {
            double[][] attended = Attention(
                Norm(x, block.AttentionNorm, epsilon),
                (block.Query, block.Key, block.Value, block.AttentionOutput),
                tower.Heads,
                key => ids[key] != 0);
            x = AddScaled(x, attended, null);
            double[][] hidden = Apply(block.Hidden, Norm(x, block.FeedForwardNorm, epsilon));
            foreach (double[] row in hidden)
            {
                for (int i = 0; i < row.Length; i++) row[i] = Math.Max(row[i], 0);
            }

            x = AddScaled(x, Apply(block.Output, hidden), null);
        }

        double[][] normed = Norm(x, tower.FinalNorm, epsilon);
        double[] mean = new double[d];
        int count = ids.Count(id => id != 0);
        for (int position = 0; position < ids.Length; position++)
        {
            if (ids[position] == 0) continue;
            for (int j = 0; j < d; j++) mean[j] += normed[position][j] / (count + 1e-8);
        }

        return mean;
    }

    // Bilinear, half-pixel centers; when a side shrinks, the triangle is as wide as the step.
    private double[][] Positions(VisionTower tower, int rows, int columns)
    {
        float[] source = tower.Positions.Read();
        var (sourceRows, sourceColumns) = tower.Grid;
        double[,] byRow = Filter(sourceRows, rows), byColumn = Filter(sourceColumns, columns);
        double[][] result = new double[rows * columns][];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double[] cell = result[row * columns + column] = new double[tower.Width];
                for (int y = 0; y < sourceRows; y++)
                {
                    for (int x = 0; x < sourceColumns; x++)
                    {
                        double weight = byRow[row, y] * byColumn[column, x];
                        for (int i = 0; i < cell.Length; i++) cell[i] += weight * source[(y * sourceColumns + x) * cell.Length + i];
                    }
                }
            }
        }

        return result;
    }

    private double[,] Filter(int from, int to)
    {
        double step = (double)from / to, support = fault.HasFlag(Fault.NoAntialias) ? 1 : Math.Max(step, 1);
        double[,] weights = new double[to, from];
        for (int target = 0; target < to; target++)
        {
            double center = (target + 0.5) * step, total = 0;
            for (int source = 0; source < from; source++)
            {
                // At the borders, plain bilinear interpolation repeats the outermost value; the triangle is cut off and normalized. Both
                // are the same after normalization.
                weights[target, source] = Math.Max(0, 1 - Math.Abs(source + 0.5 - center) / support);
                total += weights[target, source];
            }

            for (int source = 0; source < from; source++) weights[target, source] /= total;
        }

        return weights;
    }

    private double[][] FeedForward(FeedForward layer, double[][] x)
    {
        if (layer is SwiGluFeedForward swiGlu)
        {
            var (gate, value) = fault.HasFlag(Fault.SwappedGateAndValue) ? (swiGlu.Value, swiGlu.Gate) : (swiGlu.Gate, swiGlu.Value);
            double[][] gates = Apply(gate, x), values = Apply(value, x);
            return Apply(layer.Output, [.. gates.Zip(values, (g, v) => g.Zip(v, (a, b) => a / (1 + Math.Exp(-a)) * b).ToArray())]);
        }

        var mlp = (MlpFeedForward)layer;
        bool tanh = fault.HasFlag(Fault.TanhGelu) || mlp.Gelu == GeluForm.Tanh;
        return Apply(layer.Output, [.. Apply(mlp.Hidden, x).Select(row => Array.ConvertAll(row, v => tanh ? TanhGelu(v) : Gelu(v)))]);
    }

    public static double TanhGelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    public static double Gelu(double x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2)));

    // The series converges for every argument that matters here; beyond 5 the function is 1.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; n < 200 && Math.Abs(term) > 1e-17; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double[][] Attention(
        double[][] x, (Linear Query, Linear Key, Linear Value, Linear Output) layers, int heads, Func<int, bool> isReal)
    {
        double[][] queries = Apply(layers.Query, x), keys = Apply(layers.Key, x), values = Apply(layers.Value, x);
        int d = x[0].Length, size = d / heads;
        double[][] mixed = [.. x.Select(_ => new double[d])];
        int[] real = [.. Enumerable.Range(0, x.Length).Where(isReal)];
        for (int head = 0; head < heads; head++)
        {
            int start = head * size;
            for (int query = 0; query < x.Length; query++)
            {
                double[] scores =
                [
                    .. real.Select(key => Enumerable.Range(start, size).Sum(i => queries[query][i] * keys[key][i]) / Math.Sqrt(size)),
                ];
                if (scores.Length == 0) continue;
                double largest = scores.Max(), total = scores.Sum(s => Math.Exp(s - largest));
                for (int k = 0; k < real.Length; k++)
                {
                    double weight = Math.Exp(scores[k] - largest) / total;
                    for (int i = start; i < start + size; i++) mixed[query][i] += weight * values[real[k]][i];
                }
            }
        }

        return Apply(layers.Output, mixed);
    }

    private static double[][] Norm(double[][] x, Norm norm, double epsilon)
    {
        float[] gain = norm.Gain.Read(), bias = norm.Bias.Read();
        return
        [
            .. x.Select(row =>
            {
                double mean = row.Average(), variance = row.Average(v => (v - mean) * (v - mean));
                return row.Select((v, i) => (v - mean) / Math.Sqrt(variance + epsilon) * gain[i] + bias[i]).ToArray();
            }),
        ];
    }

    private static double[][] Apply(Linear layer, double[][] x)
    {
        float[] weight = layer.Weight.Read(), bias = layer.Bias.Read();
        return
        [
            .. x.Select(row => bias.Select((b, output) =>
            {
                double sum = b;
                for (int i = 0; i < row.Length; i++) sum += weight[output * row.Length + i] * row[i];
                return sum;
            }).ToArray()),
        ];
    }

    private static double[][] AddScaled(double[][] x, double[][] change, Weight? scale)
    {
        float[]? factors = scale?.Read();
        return [.. x.Zip(change, (row, added) => row.Select((v, i) => v + added[i] * (factors?[i] ?? 1)).ToArray())];
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Double(Weight weight) => Array.ConvertAll(weight.Read(), v => (double)v);
}
