using System.Text.Json.Serialization;

namespace Tips.MLNet.Samples.Audit;

/// <summary>What may be wrong with a picture.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingKind>))]
internal enum FindingKind
{
    /// <summary>It has the same bytes as another. The score is 1.</summary>
    [JsonStringEnumMemberName("exact-duplicate")]
    ExactDuplicate,

    /// <summary>It is much like another. The score is their cosine.</summary>
    [JsonStringEnumMemberName("near-duplicate")]
    NearDuplicate,

    /// <summary>It is far from all others. The score is the mean cosine distance to its neighbors.</summary>
    [JsonStringEnumMemberName("outlier")]
    Outlier,

    /// <summary>Its neighbors have another label. The score is the probability of its label minus that of the other.</summary>
    [JsonStringEnumMemberName("label")]
    Label,

    /// <summary>It is a test picture that is among the training pictures, too. The score is their cosine.</summary>
    [JsonStringEnumMemberName("leak")]
    Leak,
}
