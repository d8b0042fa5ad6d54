using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>The golden heads, the tokens that they get, and how their maps compare with what the published code computes.</summary>
internal static class GoldenHeads
{
    /// <summary>Width of the encoder.</summary>
    public const int Width = 128;

    public const float LogitsTolerance = 5e-5f, DepthTolerance = 3e-5f, NormalsTolerance = 5e-5f;

    private static readonly Lazy<Dictionary<string, float[]>> LazyResults
        = new(() => GoldenFiles.ReadArrays(GoldenFiles.PathOf("dense", "heads.golden.npz")));

    private static readonly Lazy<Dictionary<string, float[]>> LazyStages
        = new(() => GoldenFiles.ReadArrays(GoldenFiles.PathOf("dense", "heads.stages_84x56.npz")));

    public static Dictionary<string, float[]> Results => LazyResults.Value;

    /// <summary>Inner values for the picture of 84×56.</summary>
    public static Dictionary<string, float[]> Stages => LazyStages.Value;

    public static DptHead Read(HeadTask task)
    {
        using var checkpoint = CheckpointFile.Open(GoldenFiles.PathOf("dense", $"head_{task.Name()}.zip"));
        return DptLayouts.Read(MemoryCheckpoint.Of(checkpoint), task);
    }

    /// <summary>The tokens of each level; CLS 2, which no head uses, is not a number.</summary>
    public static float[][] Tokens(string size) =>
    [
        .. Enumerable.Range(0, DptHead.LevelCount).Select(i => (float[])
        [
            .. Results[$"{size}.feature{i}.cls1"], .. Enumerable.Repeat(float.NaN, Width), .. Results[$"{size}.feature{i}.patches"],
        ]),
    ];

    /// <summary>Height and width as in "84x56".</summary>
    public static (int Height, int Width) Parse(string size)
    {
        int[] sides = [.. size.Split('x').Select(int.Parse)];
        return (sides[0], sides[1]);
    }

    /// <summary>Rows and columns of patches.</summary>
    public static (int Rows, int Columns) Grid(string size)
    {
        var (height, width) = Parse(size);
        return (height / 14, width / 14);
    }

    /// <summary>The largest difference of a result at a picture's size, in whatever steps the golden data has it.</summary>
    public static float Difference(string name, HeadMap map)
    {
        string? found = ((string[])["", "_every2", "_every4"]).FirstOrDefault(every => Results.ContainsKey(name + every));
        Assert.IsNotNull(found, name);
        int step = found.Length == 0 ? 1 : found[^1] - '0';
        return Close.MaximumDifference(Results[name + found], map.Every(step).ToFloats());
    }
}
