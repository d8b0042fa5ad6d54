using System.Globalization;
using System.Text.Json;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// What the <c>config.json</c> of a TIPS repository on Hugging Face adds to the tensors. There are two forms: flat, with one key for each
/// number, as the repositories had it first; and nested, with a part for each encoder, as transformers writes it. The configuration of one
/// encoder alone is such a part by itself. Only the model type is required.
/// </summary>
internal sealed class HuggingFaceConfig
{
    public const string FileName = "config.json";

    private const int MaximumLength = 1 << 20;

    private readonly JsonElement _root;

    private HuggingFaceConfig(string path, JsonElement root)
    {
        (Path, _root) = (path, root);
        if (root.ValueKind != JsonValueKind.Object) throw Error("is not a JSON object");
        string type = root.TryGetProperty("model_type", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (type.Contains("dpt", StringComparison.OrdinalIgnoreCase))
        {
            throw Error(
                $"has the model_type '{type}', a dense model. Heads cannot be exported yet; export the model without '-dpt' in its name");
        }

        if (!type.StartsWith("tips", StringComparison.OrdinalIgnoreCase))
            throw Error($"has the model_type '{type}', expected 'tips', 'tipsv2', 'tipsv2_vision_model' or 'tipsv2_text_model'");
        Vision = ReadVision(Part("vision_config", type.EndsWith("_vision_model", StringComparison.OrdinalIgnoreCase)));
        Text = ReadText(Part("text_config", type.EndsWith("_text_model", StringComparison.OrdinalIgnoreCase)));
        Temperature = ReadTemperature();
    }

    public string Path { get; }

    public VisionFacts Vision { get; }

    public TextFacts Text { get; }

    /// <summary>Null if the configuration has none. One in the checkpoint counts for more.</summary>
    public float? Temperature { get; }

    /// <exception cref="CheckpointException">The file is not a TIPS configuration.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static HuggingFaceConfig Read(string path)
    {
        byte[] json = BoundedFile.Read(path, MaximumLength, "Configuration");
        return new HuggingFaceConfig(path, JsonFile.Parse(json, $"Configuration '{path}'"));
    }

    public CheckpointException Error(string message) => new($"Configuration '{Path}' {message}.");

    /// <summary>A number in the configuration, with its key for messages.</summary>
    public readonly record struct Fact(string Key, int Value);

    /// <summary>What the configuration says about the image encoder; null where it says nothing.</summary>
    public sealed record VisionFacts(Fact? Width, Fact? Layers, Fact? Heads, Fact? PatchSize, Fact? ImageSize);

    /// <summary>What the configuration says about the text encoder; null where it says nothing.</summary>
    public sealed record TextFacts(Fact? Width, Fact? HiddenWidth, Fact? Layers, Fact? Heads, Fact? VocabularySize, Fact? MaximumTokens);

    private VisionFacts ReadVision((JsonElement Part, string Prefix)? nested)
    {
        if (nested is not var (part, prefix))
        {
            Expect(_root, "", "num_register_tokens", 1);
            return new VisionFacts(Number("embed_dim"), null, null, Number("patch_size"), Number("img_size"));
        }

        Expect(part, prefix, "num_register_tokens", 1);
        Expect(part, prefix, "num_channels", 3);
        Expect(part, prefix, "layer_norm_eps", 1e-6);
        ExpectText(part, prefix, "hidden_act", "gelu");
        ExpectTrue(part, prefix, "qkv_bias");
        return new VisionFacts(
            Number(part, prefix, "hidden_size"),
            Number(part, prefix, "num_hidden_layers"),
            Number(part, prefix, "num_attention_heads"),
            Number(part, prefix, "patch_size"),
            Number(part, prefix, "image_size"));
    }

    private TextFacts ReadText((JsonElement Part, string Prefix)? nested)
    {
        if (nested is not var (part, prefix))
        {
            return new TextFacts(
                Number("text_hidden_size"),
                Number("text_mlp_dim"),
                Number("text_num_layers"),
                Number("text_num_heads"),
                Number("vocab_size"),
                Number("max_len"));
        }

        Expect(part, prefix, "layer_norm_eps", 1e-5);
        Expect(part, prefix, "pooling_epsilon", 1e-8);
        Expect(part, prefix, "pad_token_id", 0);
        ExpectText(part, prefix, "hidden_act", "relu");
        ExpectTrue(part, prefix, "scale_sqrt_depth");
        return new TextFacts(
            Number(part, prefix, "hidden_size"),
            Number(part, prefix, "intermediate_size"),
            Number(part, prefix, "num_hidden_layers"),
            Number(part, prefix, "num_attention_heads"),
            Number(part, prefix, "vocab_size"),
            Number(part, prefix, "max_position_embeddings"));
    }

    private float? ReadTemperature()
    {
        foreach (string key in (string[])["temperature", "temperature_init_value"])
        {
            if (Value(_root, key) is not { } value) continue;
            float temperature = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? (float)number : 0;
            return temperature > 0 && float.IsFinite(temperature)
                ? temperature
                : throw Error($"has the {key} {JsonFile.Abbreviate(value)}, expected a positive number");
        }

        return null;
    }

    private (JsonElement Part, string Prefix)? Part(string key, bool isRoot)
    {
        if (isRoot) return (_root, "");
        if (Value(_root, key) is not { } part) return null;
        return part.ValueKind == JsonValueKind.Object ? (part, key + ".") : throw Error($"has a '{key}' that is not an object");
    }

    private Fact? Number(string key) => Number(_root, "", key);

    private Fact? Number(JsonElement part, string prefix, string key)
    {
        if (Value(part, key) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? new Fact(prefix + key, number)
            : throw Error($"has {prefix}{key} {JsonFile.Abbreviate(value)}, expected a whole number");
    }

    private static JsonElement? Value(JsonElement part, string key)
        => part.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    // What the tensors do not show and the graphs do not have an option for.
    private void Expect(JsonElement part, string prefix, string key, double expected)
    {
        if (Value(part, key) is not { } value) return;
        bool fits = value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out double number)
            && Math.Abs(number - expected) <= 1e-6 * expected;
        if (!fits) throw Unexpected(prefix + key, value, expected.ToString(CultureInfo.InvariantCulture));
    }

    private void ExpectText(JsonElement part, string prefix, string key, string expected)
    {
        if (Value(part, key) is { } value && (value.ValueKind != JsonValueKind.String || value.GetString() != expected))
            throw Unexpected(prefix + key, value, $"\"{expected}\"");
    }

    private void ExpectTrue(JsonElement part, string prefix, string key)
    {
        if (Value(part, key) is { } value && value.ValueKind != JsonValueKind.True) throw Unexpected(prefix + key, value, "true");
    }

    private CheckpointException Unexpected(string key, JsonElement value, string expected)
        => Error($"has {key} {JsonFile.Abbreviate(value)}, expected {expected}");
}
