using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// What the configuration of a dense model says about its heads; null where it says nothing. As with encoders, there is a flat form, which
/// the repositories had first, and a nested one, which transformers writes.
/// </summary>
internal sealed partial record HuggingFaceHeads
{
    private const string Activation = "depth_decoder_activation";

    /// <summary>The first of the <c>architectures</c>: a model of one task tells its task there only.</summary>
    public string? Architecture { get; private init; }

    /// <summary>The key of <see cref="Layers"/>, for messages.</summary>
    public string LayersKey { get; private init; } = "";

    /// <summary>The blocks, from 0, whose tokens the heads take.</summary>
    public IReadOnlyList<int>? Layers { get; private init; }

    /// <summary>Channels of the decoder's maps.</summary>
    public ConfigNumber? Channels { get; private init; }

    /// <summary>Bins of depth.</summary>
    public ConfigNumber? Bins { get; private init; }

    /// <summary>The number of classes.</summary>
    public ConfigNumber? ClassCount { get; private init; }

    /// <summary>Names of the classes; null if they have none but their numbers.</summary>
    public IReadOnlyList<string>? Classes { get; private init; }

    public float? MinDepth { get; private init; }

    public float? MaxDepth { get; private init; }

    /// <summary>Whether ReLU follows the last convolution of the head for depth.</summary>
    public bool HasReluForDepth { get; private init; }

    /// <param name="root">The configuration.</param>
    /// <param name="backbone">Its part for the image encoder; null in the flat form.</param>
    /// <exception cref="CheckpointException">It has something that the graphs do not have an option for.</exception>
    public static HuggingFaceHeads Read(ConfigPart root, ConfigPart? backbone)
    {
        root.ExpectText("readout_type", "project");
        root.ExpectText("readout_activation", "gelu_pytorch_tanh");
        root.Expect("reassemble_factors", [4, 2, 1, 0.5]);
        backbone?.ExpectTrue("apply_layernorm");
        string[]? classes = backbone is null ? null : ReadClasses(root);
        return new HuggingFaceHeads
        {
            Architecture = ReadArchitecture(root),
            // Transformers counts the embeddings as the first of the hidden states.
            LayersKey = backbone is null ? "block_indices" : "backbone_config.out_indices",
            Layers = backbone is null ? root.Numbers("block_indices") : backbone.Numbers("out_indices")?.Select(i => i - 1).ToArray(),
            Channels = root.Number("channels") ?? root.Number("fusion_hidden_size"),
            Bins = root.Number("num_depth_bins"),
            ClassCount = root.Number("num_seg_classes") ?? (classes is null ? null : new ConfigNumber("id2label", classes.Length)),
            Classes = classes is null || classes.All(c => NumberedLabel().IsMatch(c)) ? null : classes,
            MinDepth = root.Positive("min_depth"),
            MaxDepth = root.Positive("max_depth"),
            HasReluForDepth = ReadActivation(root, isNested: backbone is not null),
        };
    }

    // In the flat form it is the publisher's own code that reads it, which has none; transformers has ReLU unless told otherwise.
    private static bool ReadActivation(ConfigPart root, bool isNested)
    {
        if (root.Value(Activation) is not { } value) return isNested;
        return (value.ValueKind == JsonValueKind.String ? value.GetString() : null) switch
        {
            "relu" => true,
            "linear" => false,
            _ => throw root.Unexpected(Activation, value, "\"relu\" or \"linear\""),
        };
    }

    private static string? ReadArchitecture(ConfigPart root)
        => root.Value("architectures") is { ValueKind: JsonValueKind.Array } all && all.GetArrayLength() > 0
            && all[0].ValueKind == JsonValueKind.String
            ? all[0].GetString()
            : null;

    private static string[]? ReadClasses(ConfigPart root)
    {
        if (root.Value("id2label") is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Object) throw root.Unexpected("id2label", value, "an object");
        string[] classes = new string[value.EnumerateObject().Count()];
        for (int i = 0; i < classes.Length; i++)
        {
            string key = i.ToString(CultureInfo.InvariantCulture);
            string? name = value.TryGetProperty(key, out var label) && label.ValueKind == JsonValueKind.String ? label.GetString() : null;
            if (string.IsNullOrWhiteSpace(name)) throw root.Error($"has no name for class {i} of {classes.Length} in id2label");
            classes[i] = name;
        }

        return classes;
    }

    [GeneratedRegex("^LABEL_[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex NumberedLabel();
}
