namespace Tips.MLNet.Samples.Cluster;

/// <summary>What <c>cluster</c> found, for --json.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Pictures">How many pictures there are.</param>
/// <param name="Clusters">The clusters, large ones first.</param>
/// <param name="ContactSheet">The contact sheet.</param>
/// <param name="Pipeline">File of the saved pipeline; null if nobody asked for one.</param>
internal sealed record ClusterResult(
    string Model, int Pictures, IReadOnlyList<ClusterMembers> Clusters, string ContactSheet, string? Pipeline);

/// <summary>A cluster: its number in the pipeline, and its pictures, the most typical first.</summary>
internal sealed record ClusterMembers(uint Cluster, IReadOnlyList<string> Pictures);
