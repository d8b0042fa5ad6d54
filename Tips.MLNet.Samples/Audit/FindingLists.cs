using Tips.MLNet.Quality;

namespace Tips.MLNet.Samples.Audit;

/// <summary>Turns what the library finds into lists, the surest first.</summary>
internal static class FindingLists
{
    /// <summary>Every member of a group but the one to keep.</summary>
    public static IEnumerable<Finding> Duplicates(AuditData data, DuplicateGroups groups, string[] digests)
    {
        var found = new List<Finding>();
        for (int i = 0; i < groups.Groups.Count; i++)
        {
            int keep = groups.Groups[i].Representative;
            // Of each content the first picture, that to keep before all others.
            var first = new Dictionary<string, int>(StringComparer.Ordinal) { [digests[keep]] = keep };
            foreach (int row in groups.Groups[i].Members.Where(row => row != keep))
            {
                bool isExact = !first.TryAdd(digests[row], row);
                int like = isExact ? first[digests[row]] : keep;
                found.Add(new Finding(
                    isExact ? FindingKind.ExactDuplicate : FindingKind.NearDuplicate,
                    data.Pictures[row].Path,
                    data.LabelOf(row),
                    null,
                    data.Pictures[like].Path,
                    data.LabelOf(like),
                    isExact ? 1 : data.Cosine(row, like),
                    i + 1));
            }
        }

        return found.OrderBy(f => f.Kind).ThenByDescending(f => f.Score).ThenBy(f => f.Group);
    }

    /// <summary>Outliers, each with the picture nearest to it.</summary>
    public static IEnumerable<Finding> Outliers(AuditData data, DuplicateGroups groups, OutlierScores outliers)
        => outliers.Ranking.Take(outliers.OutlierCount).Select(row =>
        {
            int? nearest = data.Nearest(row, other => groups.Group(other) is not { } group || group != groups.Group(row));
            return Find(data, FindingKind.Outlier, row, null, nearest, outliers.Scores[row]);
        });

    /// <summary>Likely wrong labels, each with the nearest picture that has the suggested one.</summary>
    public static IEnumerable<Finding> Labels(AuditData data, DuplicateGroups groups, ConfidentLearning labels)
        => labels.Issues.Select(issue =>
        {
            int? nearest = data.Nearest(issue.Row, other => data.Labels![other] == issue.Suggested
                && (groups.Group(other) is not { } group || group != groups.Group(issue.Row)));
            return Find(data, FindingKind.Label, issue.Row, data.Classes[issue.Suggested], nearest, issue.Margin);
        });

    /// <summary>All pairs of a test picture and a training picture.</summary>
    public static IEnumerable<Finding> Leaks(AuditData data, TrainTestLeakage leakage) => leakage.Pairs.Select(pair => new Finding(
        FindingKind.Leak,
        data.Test[pair.Test].Path,
        null,
        null,
        data.Pictures[pair.Training].Path,
        data.LabelOf(pair.Training),
        pair.Similarity,
        null));

    private static Finding Find(AuditData data, FindingKind kind, int row, string? suggested, int? other, double score) => new(
        kind,
        data.Pictures[row].Path,
        data.LabelOf(row),
        suggested,
        other is { } near ? data.Pictures[near].Path : null,
        other is { } labeled ? data.LabelOf(labeled) : null,
        score,
        null);
}
