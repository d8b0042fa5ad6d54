using Tips.MLNet.Quality;

namespace Tips.MLNet.Samples.Audit;

/// <summary>Everything that may be wrong with some pictures.</summary>
/// <param name="Data">The pictures.</param>
/// <param name="Duplicates">Groups of duplicates among them, equal or similar.</param>
/// <param name="Outliers">How far each is from the others.</param>
/// <param name="Labels">Which labels are likely wrong; null without labels.</param>
/// <param name="Leakage">Which test pictures are among them; null without test pictures.</param>
/// <param name="Neighbors">How many neighbors voted on a label.</param>
/// <param name="All">The list: duplicates, outliers, labels, leaks, each kind with the surest first.</param>
internal sealed record AuditFindings(
    AuditData Data,
    DuplicateGroups Duplicates,
    OutlierScores Outliers,
    ConfidentLearning? Labels,
    TrainTestLeakage? Leakage,
    int Neighbors,
    IReadOnlyList<Finding> All)
{
    // Re-encoded copies are at least this similar, even if they are small and of low quality; few different pictures are.
    private const float CopyThreshold = 0.99f;

    /// <summary>The findings of some kinds.</summary>
    public IReadOnlyList<Finding> Of(params FindingKind[] kinds) => [.. All.Where(finding => kinds.Contains(finding.Kind))];

    /// <summary>Groups of duplicates that do not have one label.</summary>
    public int DisputedGroups => Data.Labels is null
        ? 0
        : Duplicates.Groups.Count(group => group.Members.Select(Data.LabelOf).Distinct().Count() > 1);

    public static AuditFindings Compute(AuditData data, float threshold, int? neighbors, CancellationToken cancellationToken)
    {
        int dimension = data.Dimension;
        string[] digests = FileDigests.Compute([.. data.Pictures.Select(p => p.Path)], cancellationToken);
        var duplicates = DuplicateGroups.ByContent(digests)
            .Union(DuplicateGroups.FindNear(data.Embeddings, dimension, threshold, cancellationToken));
        // Copies neither vouch for each other's labels nor make each other normal. Pictures that are only similar may do both: a class
        // whose pictures are all alike has nobody else.
        var copies = threshold >= CopyThreshold
            ? duplicates
            : DuplicateGroups.FindNear(data.Embeddings, dimension, CopyThreshold, cancellationToken);
        var outliers = OutlierScores.Compute(data.Embeddings, dimension, duplicates: copies, cancellationToken: cancellationToken);
        List<Finding> all =
        [
            .. FindingLists.Duplicates(data, duplicates, digests), .. FindingLists.Outliers(data, copies, outliers),
        ];

        ConfidentLearning? labels = null;
        int voters = 0;
        if (data.Labels is { } given)
        {
            voters = neighbors ?? LeaveOneOutVotes.SuggestNeighbors(given, data.Classes.Count);
            float[] votes = LeaveOneOutVotes.Compute(
                data.Embeddings, dimension, given, data.Classes.Count, voters, copies, cancellationToken);
            labels = ConfidentLearning.Find(votes, given, data.Classes.Count);
            all.AddRange(FindingLists.Labels(data, copies, labels));
        }

        TrainTestLeakage? leakage = null;
        if (data.Test.Count > 0)
        {
            leakage = TrainTestLeakage.Find(data.Embeddings, data.TestEmbeddings, dimension, threshold, cancellationToken);
            all.AddRange(FindingLists.Leaks(data, leakage));
        }

        return new AuditFindings(data, duplicates, outliers, labels, leakage, voters, all);
    }
}
