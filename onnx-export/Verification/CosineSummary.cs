using System.Numerics.Tensors;

namespace Tips.OnnxExport.Verification;

/// <summary>Cosines between vectors that should point the same way.</summary>
internal sealed class CosineSummary
{
    private double _sum, _minimum = double.PositiveInfinity;

    public long Count { get; private set; }

    public double Mean => _sum / Count;

    public double Minimum => _minimum;

    /// <summary>Compares vector by vector.</summary>
    /// <exception cref="InvalidDataException">A value is not finite.</exception>
    public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int dimension)
    {
        for (int at = 0; at < a.Length; at += dimension) Add(a.Slice(at, dimension), b.Slice(at, dimension));
    }

    // Two vectors of zeros (an empty text) are the same.
    private void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double norms = Math.Sqrt((double)TensorPrimitives.SumOfSquares(a) * TensorPrimitives.SumOfSquares(b));
        double cosine = norms == 0 ? (a.SequenceEqual(b) ? 1 : 0) : TensorPrimitives.Dot(a, b) / norms;
        if (!double.IsFinite(cosine)) throw new InvalidDataException("An embedding has a value that is not finite.");
        _sum += cosine;
        _minimum = Math.Min(_minimum, cosine);
        Count++;
    }
}
