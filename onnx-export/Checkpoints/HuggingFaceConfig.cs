using System.Text.Json;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// What the <c>config.json</c> of a TIPS repository on Hugging Face adds to the tensors. There are two forms: flat, with one key for each
/// number, as the repositories had it first; and nested, with a part for each encoder, as transformers writes it. The configuration of one
/// encoder alone is such a part by itself; that of a dense model has the image encoder as its backbone. Only the model type is required.
/// </summary>
internal sealed class HuggingFaceConfig
{
    public const string FileName = "config.json";

    private const string Backbone = "backbone_config";

    private const int MaximumLength = 1 << 20;

    private readonly ConfigPart _root;

    private HuggingFaceConfig(string path, JsonElement json)
    {
        (Path, _root) = (path, new ConfigPart(path, json, ""));
        if (json.ValueKind != JsonValueKind.Object) throw Error("is not a JSON object");
        string type = json.TryGetProperty("model_type", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (!type.StartsWith("tips", StringComparison.OrdinalIgnoreCase))
        {
            throw Error(
                $"has the model_type '{type}', expected 'tips', 'tipsv2', 'tipsv2_dpt', 'tipsv2_vision_model' or 'tipsv2_text_model'");
        }

        bool isDense = type.Contains("dpt", StringComparison.OrdinalIgnoreCase);
        var backbone = isDense ? _root.Inner(Backbone) : null;
        if (isDense) Heads = HuggingFaceHeads.Read(_root, backbone);
        Vision = ReadVision(
            isDense ? backbone : Part("vision_config", type.EndsWith("_vision_model", StringComparison.OrdinalIgnoreCase)));
        Text = ReadText(Part("text_config", type.EndsWith("_text_model", StringComparison.OrdinalIgnoreCase)));
        Temperature = _root.Positive("temperature") ?? _root.Positive("temperature_init_value");
    }

    public string Path { get; }

    public VisionFacts Vision { get; }

    public TextFacts Text { get; }

    /// <summary>What it says about heads; null unless it is that of a dense model.</summary>
    public HuggingFaceHeads? Heads { get; }

    /// <summary>Null if the configuration has none. One in the checkpoint counts for more.</summary>
    public float? Temperature { get; }

    /// <exception cref="CheckpointException">The file is not a TIPS configuration.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static HuggingFaceConfig Read(string path)
    {
        byte[] json = BoundedFile.Read(path, MaximumLength, "Configuration");
        return new HuggingFaceConfig(path, JsonFile.Parse(json, $"Configuration '{path}'"));
    }

    public CheckpointException Error(string message) => _root.Error(message);

    /// <summary>What the configuration says about the image encoder; null where it says nothing.</summary>
    public sealed record VisionFacts(
        ConfigNumber? Width, ConfigNumber? Layers, ConfigNumber? Heads, ConfigNumber? PatchSize, ConfigNumber? ImageSize);

    /// <summary>What the configuration says about the text encoder; null where it says nothing.</summary>
    public sealed record TextFacts(
        ConfigNumber? Width,
        ConfigNumber? HiddenWidth,
        ConfigNumber? Layers,
        ConfigNumber? Heads,
        ConfigNumber? VocabularySize,
        ConfigNumber? MaximumTokens);

    private ConfigPart? Part(string key, bool isRoot) => isRoot ? _root : _root.Inner(key);

    private VisionFacts ReadVision(ConfigPart? nested)
    {
        if (nested is null)
        {
            _root.Expect("num_register_tokens", 1);
            return new VisionFacts(_root.Number("embed_dim"), null, null, _root.Number("patch_size"), _root.Number("img_size"));
        }

        nested.Expect("num_register_tokens", 1);
        nested.Expect("num_channels", 3);
        nested.Expect("layer_norm_eps", 1e-6);
        nested.ExpectText("hidden_act", "gelu");
        nested.ExpectTrue("qkv_bias");
        return new VisionFacts(
            nested.Number("hidden_size"),
            nested.Number("num_hidden_layers"),
            nested.Number("num_attention_heads"),
            nested.Number("patch_size"),
            nested.Number("image_size"));
    }

    private TextFacts ReadText(ConfigPart? nested)
    {
        if (nested is null)
        {
            return new TextFacts(
                _root.Number("text_hidden_size"),
                _root.Number("text_mlp_dim"),
                _root.Number("text_num_layers"),
                _root.Number("text_num_heads"),
                _root.Number("vocab_size"),
                _root.Number("max_len"));
        }

        nested.Expect("layer_norm_eps", 1e-5);
        nested.Expect("pooling_epsilon", 1e-8);
        nested.Expect("pad_token_id", 0);
        nested.ExpectText("hidden_act", "relu");
        nested.ExpectTrue("scale_sqrt_depth");
        return new TextFacts(
            nested.Number("hidden_size"),
            nested.Number("intermediate_size"),
            nested.Number("num_hidden_layers"),
            nested.Number("num_attention_heads"),
            nested.Number("vocab_size"),
            nested.Number("max_position_embeddings"));
    }
}
