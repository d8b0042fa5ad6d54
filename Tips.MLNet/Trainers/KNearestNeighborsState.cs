using System.Text.Json.Serialization;

namespace Tips.MLNet.Trainers;

/// <summary>What a saved pipeline says about a classifier.</summary>
internal sealed record KNearestNeighborsState
{
    public required string Features { get; init; }

    public required int Dimension { get; init; }

    public required int Count { get; init; }

    public required int ClassCount { get; init; }

    public LabelValuesState? LabelValues { get; init; }

    public required KNearestNeighborsOptions Options { get; init; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(KNearestNeighborsState))]
internal sealed partial class TrainersJsonContext : JsonSerializerContext;
