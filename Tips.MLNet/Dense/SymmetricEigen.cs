using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>
/// The largest eigenvalues of a symmetric matrix and their eigenvectors, in double precision and without chance: Householder's reduction to
/// a tridiagonal matrix, bisection by Sturm counts for the eigenvalues, inverse iteration for the eigenvectors (Golub and Van Loan, Matrix
/// Computations, 8.3 to 8.5). Takes 4/3 n³ multiplications.
/// </summary>
internal static class SymmetricEigen
{
    private const int MaximumIterations = 8;

    /// <param name="matrix">n × n values, symmetric; they are overwritten.</param>
    /// <param name="n">Rows of the matrix.</param>
    /// <param name="count">Eigenvalues to find, at most <paramref name="n"/>.</param>
    /// <returns>The eigenvalues, largest first, and their eigenvectors, of unit length and orthogonal to each other.</returns>
    public static (double[] Values, double[][] Vectors) Largest(double[] matrix, int n, int count)
    {
        double[] values = new double[count];
        double[][] vectors = new double[count][];
        double scale = Math.Abs(matrix[TensorPrimitives.IndexOfMaxMagnitude<double>(matrix)]);
        if (scale == 0)
        {
            for (int k = 0; k < count; k++) (vectors[k] = new double[n])[k] = 1;
            return (values, vectors);
        }

        // So that no square of a normal number leaves the range of a double.
        TensorPrimitives.Divide(matrix, scale, matrix);
        double[] diagonal = new double[n], offDiagonal = new double[n]; // offDiagonal[i] couples i and i + 1
        double[][] reflections = Tridiagonalize(matrix, n, diagonal, offDiagonal);
        for (int k = 0; k < count; k++)
        {
            values[k] = Eigenvalue(diagonal, offDiagonal, k);
            vectors[k] = Eigenvector(diagonal, offDiagonal, values[k], vectors.AsSpan(0, k), k);
        }

        // Only now back to the original coordinates: orthogonality is kept by reflections.
        foreach (double[] vector in vectors)
        {
            for (int i = n - 3; i >= 0; i--) Reflect(reflections[i], vector.AsSpan(i + 1));
        }

        TensorPrimitives.Multiply(values, scale, values);
        return (values, vectors);
    }

    // Reflection i maps column i below the diagonal onto its first entry. The lower right part is updated by
    // A − v·wᵀ − w·vᵀ, with w = p − (v·p / 2)·v and p = A·v, where v has the squared length 2.
    private static double[][] Tridiagonalize(double[] matrix, int n, double[] diagonal, double[] offDiagonal)
    {
        double[][] reflections = new double[Math.Max(n - 2, 0)][];
        for (int i = 0; i < n - 2; i++)
        {
            int size = n - i - 1;
            double[] v = new double[size];
            for (int j = 0; j < size; j++) v[j] = matrix[(i + 1 + j) * n + i];
            offDiagonal[i] = MakeReflection(v);
            reflections[i] = v;
            double[] p = new double[size];
            Parallel.For(0, size, row => p[row] = TensorPrimitives.Dot<double>(matrix.AsSpan((i + 1 + row) * n + i + 1, size), v));
            double half = TensorPrimitives.Dot<double>(v, p) / 2;
            double[] w = new double[size];
            for (int j = 0; j < size; j++) w[j] = p[j] - half * v[j];
            Parallel.For(0, size, row =>
            {
                var target = matrix.AsSpan((i + 1 + row) * n + i + 1, size);
                TensorPrimitives.MultiplyAdd<double>(w, -v[row], target, target);
                TensorPrimitives.MultiplyAdd<double>(v, -w[row], target, target);
            });
        }

        for (int i = 0; i < n; i++) diagonal[i] = matrix[i * n + i];
        if (n > 1) offDiagonal[n - 2] = matrix[(n - 1) * n + n - 2];
        return reflections;
    }

    // Turns a vector into the v of I − v·vᵀ that maps it onto its first entry, and returns that entry. Zeros for no reflection.
    private static double MakeReflection(Span<double> x)
    {
        double largest = Math.Max(Math.Abs(TensorPrimitives.Max<double>(x)), Math.Abs(TensorPrimitives.Min<double>(x)));
        if (largest == 0 || x[1..].IndexOfAnyExcept(0) < 0)
        {
            double first = x[0];
            x.Clear();
            return first;
        }

        TensorPrimitives.Divide(x, largest, x);
        double norm = TensorPrimitives.Norm<double>(x), target = x[0] > 0 ? -norm : norm;
        x[0] -= target;
        TensorPrimitives.Multiply(x, Math.Sqrt(2) / TensorPrimitives.Norm<double>(x), x);
        return target * largest;
    }

    private static void Reflect(double[] v, Span<double> x)
        => TensorPrimitives.MultiplyAdd<double>(v, -TensorPrimitives.Dot<double>(v, x), x, x);

    // The eigenvalue with k larger ones, between Gershgorin's bounds.
    private static double Eigenvalue(double[] diagonal, double[] offDiagonal, int k)
    {
        int n = diagonal.Length;
        double low = double.MaxValue, high = double.MinValue;
        for (int i = 0; i < n; i++)
        {
            double radius = (i > 0 ? Math.Abs(offDiagonal[i - 1]) : 0) + (i < n - 1 ? Math.Abs(offDiagonal[i]) : 0);
            low = Math.Min(low, diagonal[i] - radius);
            high = Math.Max(high, diagonal[i] + radius);
        }

        while (true)
        {
            double middle = low + (high - low) / 2;
            if (!(middle > low && middle < high)) return middle; // also where a value is not finite
            if (CountBelow(diagonal, offDiagonal, middle) <= n - 1 - k) low = middle;
            else high = middle;
        }
    }

    // Eigenvalues smaller than x: the negative pivots of T − x.
    private static int CountBelow(double[] diagonal, double[] offDiagonal, double x)
    {
        int count = 0;
        double pivot = 1;
        for (int i = 0; i < diagonal.Length; i++)
        {
            double coupling = i > 0 ? offDiagonal[i - 1] * offDiagonal[i - 1] : 0;
            pivot = diagonal[i] - x - coupling / pivot;
            if (pivot == 0) pivot = double.Epsilon * 1e16;
            if (pivot < 0) count++;
        }

        return count;
    }

    private static double[] Eigenvector(double[] diagonal, double[] offDiagonal, double value, ReadOnlySpan<double[]> earlier, int index)
    {
        int n = diagonal.Length;
        double[] x = new double[n];
        // Any start will do that has a part in the eigenvector's direction and is not a sum of earlier ones; it is always the same.
        var random = new Random(index);
        for (int i = 0; i < n; i++) x[i] = random.NextDouble() - 0.5;
        Normalize(x, earlier);
        for (int iteration = 0; iteration < MaximumIterations; iteration++)
        {
            Solve(diagonal, offDiagonal, value, x);
            Normalize(x, earlier);
        }

        return x;
    }

    // Orthogonal to the eigenvectors before it, more than once, since eigenvalues may be close or equal.
    private static void Normalize(double[] x, ReadOnlySpan<double[]> earlier)
    {
        for (int pass = 0; pass < 3; pass++)
        {
            foreach (double[] other in earlier)
                TensorPrimitives.MultiplyAdd<double>(other, -TensorPrimitives.Dot<double>(other, x), x, x);
            TensorPrimitives.Divide(x, TensorPrimitives.Norm<double>(x), x);
        }
    }

    // (T − value)·x = x by Gaussian elimination with row exchanges. A pivot of zero is replaced by a tiny one: the system is singular by
    // intention.
    private static void Solve(double[] diagonal, double[] offDiagonal, double value, double[] x)
    {
        int n = diagonal.Length;
        const double tiny = 1e-16; // about the rounding error of the scaled matrix
        // Row i of the upper triangle: first, second, third.
        double[] first = new double[n], second = new double[n], third = new double[n];
        double a = diagonal[0] - value, b = n > 1 ? offDiagonal[0] : 0;
        for (int i = 0; i < n - 1; i++)
        {
            double below = offDiagonal[i], nextDiagonal = diagonal[i + 1] - value, nextOff = i < n - 2 ? offDiagonal[i + 1] : 0;
            if (Math.Abs(below) > Math.Abs(a))
            {
                (first[i], second[i], third[i]) = (below, nextDiagonal, nextOff);
                double factor = a / below;
                (x[i], x[i + 1]) = (x[i + 1], x[i] - factor * x[i + 1]);
                (a, b) = (b - factor * nextDiagonal, -factor * nextOff);
            }
            else
            {
                if (Math.Abs(a) < tiny) a = tiny;
                (first[i], second[i], third[i]) = (a, b, 0);
                double factor = below / a;
                x[i + 1] -= factor * x[i];
                (a, b) = (nextDiagonal - factor * b, nextOff);
            }
        }

        first[n - 1] = Math.Abs(a) < tiny ? tiny : a;
        for (int i = n - 1; i >= 0; i--)
        {
            double sum = x[i];
            if (i + 1 < n) sum -= second[i] * x[i + 1];
            if (i + 2 < n) sum -= third[i] * x[i + 2];
            x[i] = sum / first[i];
            if (Math.Abs(x[i]) > 1e200)
            {
                // Only the direction counts.
                for (int j = i; j < n; j++) x[j] *= 1e-200;
                for (int j = 0; j < i; j++) x[j] *= 1e-200;
            }
        }
    }
}
