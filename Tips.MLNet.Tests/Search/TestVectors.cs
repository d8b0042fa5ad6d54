using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Tests.Search;

/// <summary>Random feature vectors.</summary>
internal static class TestVectors
{
    public static float[][] Make(string name, int count, int dimension)
    {
        float[][] vectors = new float[count][];
        for (int i = 0; i < count; i++)
        {
            vectors[i] = new float[dimension];
            FormulaValues.Fill($"{name}.{i}.weight", [dimension, 3], seed: 11, vectors[i]);
        }

        return vectors;
    }
}
