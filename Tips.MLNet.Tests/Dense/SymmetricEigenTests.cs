using CsCheck;
using Tips.MLNet.Dense;
using Tips.MLNet.Tests.Search;

namespace Tips.MLNet.Tests.Dense;

/// <summary>Eigenvalues and eigenvectors: what they must satisfy, and matrices whose own are known.</summary>
[TestClass]
public class SymmetricEigenTests
{
    [TestMethod]
    public void Eigenvectors_satisfy_their_equation() => Gen.Select(Gen.Int[1, 40], Gen.Int[0, 1000]).Sample(
        (n, name) =>
        {
            double[] matrix = Random(n, $"matrix{name}");
            Check(matrix, n, Math.Min(n, 5));
        },
        iter: 200);

    [TestMethod]
    public void All_eigenvalues_sum_to_the_trace()
    {
        const int n = 30;
        double[] matrix = Random(n, "trace");
        double trace = Enumerable.Range(0, n).Sum(i => matrix[i * n + i]);
        var (values, _) = SymmetricEigen.Largest([.. matrix], n, n);
        Assert.AreEqual(trace, values.Sum(), 1e-12 * n);
    }

    [TestMethod]
    [DataRow(1e-200)]
    [DataRow(1.0)]
    [DataRow(1e150)]
    public void Known_eigenvalues_are_found_at_any_scale(double scale)
    {
        // The second difference: 2 − 2·cos(kπ / (n + 1)).
        const int n = 50;
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            matrix[i * n + i] = 2 * scale;
            if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -scale;
        }

        var (values, vectors) = SymmetricEigen.Largest(matrix, n, 4);
        for (int k = 0; k < 4; k++)
        {
            double expected = 2 - 2 * Math.Cos((n - k) * Math.PI / (n + 1));
            Assert.AreEqual(expected, values[k] / scale, 1e-13);
            // The eigenvector is sin(j·(n − k)·π / (n + 1)).
            double largest = vectors[k].Max(Math.Abs);
            for (int j = 0; j < n; j++)
            {
                double wave = Math.Sin((j + 1) * (n - k) * Math.PI / (n + 1)) * Math.Sqrt(2.0 / (n + 1));
                Assert.AreEqual(Math.Abs(wave), Math.Abs(vectors[k][j]), 1e-11 * Math.Max(largest, 1));
            }
        }
    }

    [TestMethod]
    public void Equal_eigenvalues_have_orthogonal_vectors()
    {
        foreach (int n in (int[])[1, 2, 3, 20])
        {
            double[] identity = new double[n * n], zero = new double[n * n];
            for (int i = 0; i < n; i++) identity[i * n + i] = 3;
            Check(identity, n, n);
            Check(zero, n, n);
        }

        // 5, 5, 5, 1, …, 1 in a rotated basis.
        const int size = 12;
        double[][] basis = [.. SymmetricEigen.Largest(Random(size, "basis"), size, size).Vectors];
        double[] matrix = new double[size * size];
        for (int k = 0; k < size; k++)
        {
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++) matrix[i * size + j] += (k < 3 ? 5 : 1) * basis[k][i] * basis[k][j];
            }
        }

        Check(matrix, size, 5);
    }

    [TestMethod]
    public void Close_eigenvalues_and_missing_ranks_are_no_problem()
    {
        // Wilkinson's matrix: its large eigenvalues come in pairs that differ by less than rounding.
        const int n = 101;
        double[] wilkinson = new double[n * n], ones = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            wilkinson[i * n + i] = Math.Abs(i - n / 2);
            if (i > 0) wilkinson[i * n + i - 1] = wilkinson[(i - 1) * n + i] = 1;
        }

        Array.Fill(ones, 1);
        Check(wilkinson, n, 8);
        Check(ones, n, 5);
        // A covariance of 10 rows.
        float[][] rows = TestVectors.Make("rows", 10, n);
        double[] covariance = new double[n * n];
        foreach (float[] row in rows)
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++) covariance[i * n + j] += (double)row[i] * row[j];
            }
        }

        Check(covariance, n, 20);
    }

    [TestMethod]
    public void A_value_that_is_not_finite_ends_the_search() => SymmetricEigen.Largest([double.NaN, 1, 1, 2], 2, 2);

    private static void Check(double[] matrix, int n, int count)
    {
        var (values, vectors) = SymmetricEigen.Largest([.. matrix], n, count);
        double scale = Math.Max(matrix.Max(Math.Abs), 1e-30);
        for (int k = 0; k < count; k++)
        {
            if (k > 0) Assert.IsLessThanOrEqualTo(values[k - 1] + 1e-13 * scale, values[k]);
            for (int other = 0; other <= k; other++)
            {
                double dot = vectors[k].Zip(vectors[other], (a, b) => a * b).Sum();
                Assert.AreEqual(other == k ? 1 : 0, dot, 1e-12, $"{k} · {other}");
            }

            for (int i = 0; i < n; i++)
            {
                double product = Enumerable.Range(0, n).Sum(j => matrix[i * n + j] * vectors[k][j]);
                Assert.AreEqual(values[k] * vectors[k][i], product, 1e-12 * scale * n, $"eigenvector {k} of {n}");
            }
        }
    }

    private static double[] Random(int n, string name)
    {
        float[][] half = TestVectors.Make(name, n, n);
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++) matrix[i * n + j] = half[i][j] + half[j][i];
        }

        return matrix;
    }
}
