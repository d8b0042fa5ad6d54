using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>
/// Binary logistic regression solved to its optimum: ½‖w‖² + C · Σ log loss, the intercept free, by Newton's method whose steps are found
/// by preconditioned conjugate gradients (Lin, Weng and Keerthi, 2008). Sums are taken in a fixed order, so the result is repeatable.
/// </summary>
internal sealed class LogisticRegression
{
    private const int RowsPerBlock = 256, MaximumSteps = 200, MaximumInnerSteps = 2000;

    /// <summary>The gradient's length at the end, relative to that at the start.</summary>
    private const double Tolerance = 1e-12;

    /// <summary>How far the gradient may stay above that where rounding is all that is left.</summary>
    private const double LargestExcess = 1e5;

    private readonly double[] _rows;
    private readonly bool[] _labels;
    private readonly int _dimension;

    /// <param name="rows">rows × D values.</param>
    /// <param name="labels">Whether each row is positive.</param>
    public LogisticRegression(double[] rows, bool[] labels)
        => (_rows, _labels, _dimension) = (rows, labels, rows.Length / labels.Length);

    private int Blocks => (_labels.Length + RowsPerBlock - 1) / RowsPerBlock;

    /// <summary>Finds the optimum.</summary>
    /// <param name="c">Weight of the losses, C.</param>
    /// <param name="start">D weights and the intercept to start at, such as the optimum for another C; null for zeros.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>D weights, then the intercept.</returns>
    public double[] Solve(double c, double[]? start, CancellationToken cancellationToken)
    {
        double[] parameters = start is null ? new double[_dimension + 1] : (double[])start.Clone();
        double[] margins = Margins(parameters), gradient = Gradient(parameters, margins, c);
        double[] first = Gradient(new double[_dimension + 1], new double[_labels.Length], c);
        double target = Tolerance * Math.Max(TensorPrimitives.Norm<double>(first), 1);
        double value = Value(parameters, margins, c);
        for (int i = 0; i < MaximumSteps; i++)
        {
            double length = TensorPrimitives.Norm<double>(gradient);
            if (length <= target) break;
            double[] step = NewtonStep(gradient, margins, c, Math.Min(0.1, Math.Sqrt(length)) * length, cancellationToken);
            if (!TryMove(parameters, step, gradient, c, ref value, ref margins)) break; // rounding is all that is left
            gradient = Gradient(parameters, margins, c);
        }

        // Not <=, which would be true of two infinities. Rounding may keep it from the target, but not by much.
        double reached = TensorPrimitives.Norm<double>(gradient);
        if (reached < Math.Max(target * LargestExcess, double.Epsilon)) return parameters;
        throw new InvalidOperationException(
            $"The logistic regression did not reach its optimum for C = {c}: the gradient is still {reached:E1} long, expected at most "
            + $"{target * LargestExcess:E1}.");
    }

    private static double Probability(double margin) => 1 / (1 + Math.Exp(-margin));

    // Halves the step until the value falls enough.
    private bool TryMove(double[] parameters, double[] step, double[] gradient, double c, ref double value, ref double[] margins)
    {
        double slope = TensorPrimitives.Dot<double>(gradient, step);
        double[] moved = new double[parameters.Length];
        for (double size = 1; size > 1e-10; size /= 2)
        {
            TensorPrimitives.MultiplyAdd<double>(step, size, parameters, moved);
            double[] newMargins = Margins(moved);
            double newValue = Value(moved, newMargins, c);
            // Near the optimum, the value no longer shows progress that the gradient still does.
            if (newValue > value + 1e-4 * size * slope + 1e-14 * Math.Abs(value)) continue;
            if (newValue >= value && moved.AsSpan().SequenceEqual(parameters)) return false;
            moved.CopyTo(parameters, 0);
            (value, margins) = (newValue, newMargins);
            return true;
        }

        return false;
    }

    private double[] Margins(double[] parameters)
    {
        double[] margins = new double[_labels.Length];
        var weights = parameters.AsMemory(0, _dimension);
        ForBlocks((_, first, end) =>
        {
            for (int row = first; row < end; row++)
                margins[row] = TensorPrimitives.Dot(Row(row), weights.Span) + parameters[_dimension];
        });
        return margins;
    }

    private double Value(double[] parameters, double[] margins, double c)
    {
        double loss = 0;
        for (int row = 0; row < margins.Length; row++)
        {
            double margin = _labels[row] ? margins[row] : -margins[row];
            loss += margin > 0 ? Math.Log(1 + Math.Exp(-margin)) : Math.Log(1 + Math.Exp(margin)) - margin;
        }

        return TensorPrimitives.SumOfSquares<double>(parameters.AsSpan(0, _dimension)) / 2 + c * loss;
    }

    private double[] Gradient(double[] parameters, double[] margins, double c)
    {
        double[] gradient = WeightedSum(row => c * (Probability(margins[row]) - (_labels[row] ? 1 : 0)));
        for (int i = 0; i < _dimension; i++) gradient[i] += parameters[i];
        return gradient;
    }

    // Solves H·step = −gradient, H = I (but 0 for the intercept) + C·Xᵀ·diag(p·(1 − p))·X, to a residual of the given length.
    private double[] NewtonStep(double[] gradient, double[] margins, double c, double accuracy, CancellationToken cancellationToken)
    {
        double[] curvatures = Array.ConvertAll(margins, m => c * Probability(m) * (1 - Probability(m)));
        double[] diagonal = Diagonal(curvatures);
        double[] step = new double[gradient.Length], residual = new double[gradient.Length], scaled = new double[gradient.Length];
        TensorPrimitives.Negate(gradient, residual);
        TensorPrimitives.Divide(residual, diagonal, scaled);
        double[] direction = (double[])scaled.Clone();
        double product = TensorPrimitives.Dot<double>(residual, scaled);
        for (int i = 0; i < MaximumInnerSteps && TensorPrimitives.Norm<double>(residual) > accuracy; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double[] curved = HessianTimes(direction, curvatures);
            double curvature = TensorPrimitives.Dot<double>(direction, curved);
            if (!(curvature > 0)) break;
            double size = product / curvature;
            TensorPrimitives.MultiplyAdd<double>(direction, size, step, step);
            TensorPrimitives.MultiplyAdd<double>(curved, -size, residual, residual);
            TensorPrimitives.Divide(residual, diagonal, scaled);
            double newProduct = TensorPrimitives.Dot<double>(residual, scaled);
            TensorPrimitives.MultiplyAdd<double>(direction, newProduct / product, scaled, direction);
            product = newProduct;
        }

        return step;
    }

    private double[] HessianTimes(double[] vector, double[] curvatures)
    {
        double[] products = Margins(vector);
        double[] result = WeightedSum(row => curvatures[row] * products[row]);
        for (int i = 0; i < _dimension; i++) result[i] += vector[i];
        return result;
    }

    private double[] Diagonal(double[] curvatures)
    {
        double[][] parts = new double[Blocks][];
        ForBlocks((block, first, end) =>
        {
            double[] part = parts[block] = new double[_dimension + 1], squares = new double[_dimension];
            for (int row = first; row < end; row++)
            {
                var values = Row(row);
                TensorPrimitives.Multiply(values, values, squares);
                TensorPrimitives.MultiplyAdd<double>(squares, curvatures[row], part.AsSpan(0, _dimension), part.AsSpan(0, _dimension));
                part[_dimension] += curvatures[row];
            }
        });
        double[] diagonal = Sum(parts);
        for (int i = 0; i < _dimension; i++) diagonal[i]++;
        diagonal[_dimension] = Math.Max(diagonal[_dimension], 1e-12);
        return diagonal;
    }

    // Σ weight · (row, 1).
    private double[] WeightedSum(Func<int, double> weightOf)
    {
        double[][] parts = new double[Blocks][];
        ForBlocks((block, first, end) =>
        {
            double[] part = parts[block] = new double[_dimension + 1];
            var sum = part.AsSpan(0, _dimension);
            for (int row = first; row < end; row++)
            {
                double weight = weightOf(row);
                TensorPrimitives.MultiplyAdd(Row(row), weight, sum, sum);
                part[_dimension] += weight;
            }
        });
        return Sum(parts);
    }

    private static double[] Sum(double[][] parts)
    {
        double[] total = parts[0];
        foreach (double[] part in parts.AsSpan(1)) TensorPrimitives.Add(total, part, total);
        return total;
    }

    private void ForBlocks(Action<int, int, int> run) => Parallel.For(
        0, Blocks, block => run(block, block * RowsPerBlock, Math.Min((block + 1) * RowsPerBlock, _labels.Length)));

    private ReadOnlySpan<double> Row(int row) => _rows.AsSpan(row * _dimension, _dimension);
}
