using System.Text.Json.Serialization;

namespace Tips.MLNet.Transforms;

[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DensePredictionState))]
[JsonSerializable(typeof(ImageEmbeddingState))]
[JsonSerializable(typeof(PatchFeaturesState))]
[JsonSerializable(typeof(TextEmbeddingState))]
[JsonSerializable(typeof(ZeroShotState))]
internal sealed partial class TransformsJsonContext : JsonSerializerContext;
