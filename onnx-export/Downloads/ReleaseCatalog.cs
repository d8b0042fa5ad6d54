namespace Tips.OnnxExport.Downloads;

/// <summary>The ten released models, as listed in the publisher's repository and papers.</summary>
internal static class ReleaseCatalog
{
    public const string DefaultBaseAddress = "https://storage.googleapis.com/tips_data/";

    public const string License = "CC-BY-4.0, Google DeepMind (TIPS)";

    /// <summary>The tokenizer, which all models share.</summary>
    public static ReleasedFile Tokenizer { get; } = new("tokenizer", ["v1_0/checkpoints/tokenizer.model"]);

    public static IReadOnlyList<ReleasedModel> Models { get; } =
    [
        Version1("g14-hr", "g/14", 448, "g14_highres", new(83.1, 0.363, 83.2, 68.4, 93.8, 83.8)),
        Version1("g14-lr", "g/14", 224, "g14_lowres", new(82.0, 0.390, 83.6, 71.5, 93.4, 82.1)),
        Version1("so14-hr", "So400m/14", 448, "so400m14_highres_largetext_distilled", new(83.7, 0.362, 83.0, 68.6, 94.2, 83.8)),
        Version1("l14-hr", "L/14", 448, "l14_highres_distilled", new(83.9, 0.372, 82.5, 67.8, 93.6, 83.5)),
        Version1("b14-hr", "B/14", 448, "b14_highres_distilled", new(82.9, 0.379, 80.0, 62.7, 91.3, 79.4)),
        Version1("s14-hr", "S/14", 448, "s14_highres_distilled", new(80.6, 0.425, 75.1, 57.7, 86.3, 74.7)),
        Version2("v2-g14", "g/14", ["g14"], new(85.1, 0.334, 83.7, null, 95.1, 85.9)),
        Version2("v2-so14", "So400m/14", ["so14", "so400m14"], new(85.2, 0.339, 82.8, null, 94.8, 84.0)),
        Version2("v2-l14", "L/14", ["l14"], new(85.1, 0.339, 82.5, null, 95.4, 83.3)),
        Version2("v2-b14", "B/14", ["b14"], new(84.0, 0.374, 79.8, null, 92.6, 80.0)),
    ];

    /// <summary>Finds a model by its name or by another form of it; null if there is none.</summary>
    public static ReleasedModel? TryFind(string name)
    {
        string wanted = name.Trim().ToLowerInvariant()
            .Replace("so400m", "so", StringComparison.Ordinal)
            .Replace("tipsv2-", "v2-", StringComparison.Ordinal);
        return Models.FirstOrDefault(m => m.Name == wanted);
    }

    private static ReleasedModel Version1(string name, string variant, int resolution, string file, PublishedScores scores) => new(
        name, 1, variant, resolution, Shape(variant), Parameters(variant), scores, Files([$"tips_oss_{file}"], [$"tips_oss_{file}"]));

    private static ReleasedModel Version2(string name, string variant, string[] sizes, PublishedScores scores)
    {
        // Where there are several names, the Scenic release and the PyTorch one most likely have them in opposite orders.
        var files = Files([.. sizes.Select(s => $"tips_v2_oss_{s}")], [.. sizes.Reverse().Select(s => $"tips_v2_{s}")]);
        return new ReleasedModel(name, 2, variant, 448, Shape(variant), Parameters(variant), scores, files);
    }

    private static Dictionary<ReleaseLayout, string[]> Files(string[] pyTorch, string[] scenic)
        => new() { [ReleaseLayout.PyTorch] = pyTorch, [ReleaseLayout.Scenic] = scenic };

    private static ModelShape Shape(string variant) => variant switch
    {
        "S/14" => new(384, 12, "mlp", 1536, 12, 1536),
        "B/14" => new(768, 12, "mlp", 3072, 12, 3072),
        "L/14" => new(1024, 24, "mlp", 4096, 12, 4096),
        "So400m/14" => new(1152, 27, "mlp", 4304, 27, 4304),
        _ => new(1536, 40, "swiglu", 4096, 12, 6144),
    };

    private static (double Vision, double Text) Parameters(string variant) => variant switch
    {
        "S/14" => (21.6, 33.6),
        "B/14" => (85.7, 109.6),
        "L/14" => (303.2, 183.9),
        "So400m/14" => (412.4, 448.3),
        _ => (1134.8, 389.1),
    };
}
