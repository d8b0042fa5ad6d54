using System.Text.Json.Serialization;

namespace Tips.MLNet.Transforms;

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(ColorJsonConverter)])]
[JsonSerializable(typeof(DensePredictionState))]
[JsonSerializable(typeof(EmbeddingState<TipsImageEmbeddingOptions>))]
[JsonSerializable(typeof(EmbeddingState<TipsPatchFeaturesOptions>))]
[JsonSerializable(typeof(EmbeddingState<TipsTextEmbeddingOptions>))]
[JsonSerializable(typeof(ForegroundPipelineState))]
[JsonSerializable(typeof(ZeroShotState))]
internal sealed partial class TransformsJsonContext : JsonSerializerContext;
