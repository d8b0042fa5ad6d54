using System.Numerics.Tensors;

namespace Tips.OnnxExport.Verification;

/// <summary>How closely vectors that should be the same agree: their cosines, and the ratio of their lengths.</summary>
internal sealed class VectorAgreement
{
    private double _cosines, _ratios;

    public long Count { get; private set; }

    public double MeanCosine => _cosines / Count;

    public double MinimumCosine { get; private set; } = double.PositiveInfinity;

    /// <summary>Mean of the first vectors' norms over the second vectors'. Zero against zero is 1.</summary>
    public double MeanRatio => _ratios / Count;

    /// <summary>Compares vector by vector.</summary>
    /// <exception cref="InvalidDataException">A value is not finite.</exception>
    public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int dimension)
    {
        for (int at = 0; at < a.Length; at += dimension) Add(a.Slice(at, dimension), b.Slice(at, dimension));
    }

    // Two vectors of zeros (an empty text) are the same.
    private void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double normA = Math.Sqrt(
            TensorPrimitives.SumOfSquares(a)), normB = Math.Sqrt(TensorPrimitives.SumOfSquares(b)), norms = normA * normB;
        double cosine = norms == 0 ? (a.SequenceEqual(b) ? 1 : 0) : TensorPrimitives.Dot(a, b) / norms;
        if (!double.IsFinite(cosine)) throw new InvalidDataException("An embedding has a value that is not finite.");
        _cosines += cosine;
        _ratios += normA == normB ? 1 : normB == 0 ? double.PositiveInfinity : normA / normB;
        MinimumCosine = Math.Min(MinimumCosine, cosine);
        Count++;
    }
}
