using System.Text.Json;
using System.Text.Json.Serialization;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// What the <c>config.json</c> of a TIPS repository on Hugging Face adds to the tensors. Only the model type is required.
/// </summary>
internal sealed record HuggingFaceConfig
{
    public const string FileName = "config.json";

    private const int MaximumLength = 1 << 20;

    [JsonPropertyName("model_type")]
    public string? ModelType { get; init; }

    [JsonPropertyName("img_size")]
    public int? ImageSize { get; init; }

    [JsonPropertyName("patch_size")]
    public int? PatchSize { get; init; }

    [JsonPropertyName("embed_dim")]
    public int? Width { get; init; }

    [JsonPropertyName("text_hidden_size")]
    public int? TextWidth { get; init; }

    [JsonPropertyName("text_mlp_dim")]
    public int? TextHiddenWidth { get; init; }

    [JsonPropertyName("text_num_heads")]
    public int? TextHeads { get; init; }

    [JsonPropertyName("text_num_layers")]
    public int? TextLayers { get; init; }

    [JsonPropertyName("vocab_size")]
    public int? VocabularySize { get; init; }

    [JsonPropertyName("max_len")]
    public int? MaximumTokens { get; init; }

    [JsonPropertyName("temperature")]
    public double? Temperature { get; init; }

    /// <exception cref="CheckpointException">The file is not a TIPS configuration.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static HuggingFaceConfig Read(string path)
    {
        HuggingFaceConfig? config;
        try
        {
            byte[] json = BoundedFile.Read(path, MaximumLength, "Configuration");
            config = JsonSerializer.Deserialize(json, HuggingFaceJsonContext.Default.HuggingFaceConfig);
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"Configuration '{path}' cannot be read: {e.Message}", e);
        }

        if (config?.ModelType is not { } type || !type.StartsWith("tips", StringComparison.OrdinalIgnoreCase))
            throw new CheckpointException($"Configuration '{path}' has the model_type '{config?.ModelType}', expected 'tips' or 'tipsv2'.");
        if (config.Temperature is { } temperature && !((float)temperature > 0 && float.IsFinite((float)temperature)))
            throw new CheckpointException($"Configuration '{path}' has the temperature {temperature}, expected a positive number.");
        return config;
    }
}

[JsonSourceGenerationOptions(AllowDuplicateProperties = false)]
[JsonSerializable(typeof(HuggingFaceConfig))]
internal sealed partial class HuggingFaceJsonContext : JsonSerializerContext;
