using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Support;

/// <summary>The golden files next to the tests: outputs of the reference implementations.</summary>
internal static class GoldenFiles
{
    public static string PathOf(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Golden", .. parts]);

    /// <summary>Reads the arrays of an <c>.npz</c> file that NumPy wrote.</summary>
    public static Dictionary<string, float[]> ReadArrays(string path)
    {
        using var npz = NpzCheckpoint.Open(path);
        return npz.Tensors.Keys.ToDictionary(key => key, npz.Read);
    }
}
