using System.IO.Enumeration;
using Microsoft.Extensions.FileSystemGlobbing;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Index;

/// <summary>
/// Which entries of an index may be found: all conditions must hold. A condition is a pattern for the path (<c>dogs/**</c>,
/// <c>**/2024/*.jpg</c>; one without a slash is for the name of the file, in any folder), or a field with a pattern
/// (<c>label=red*</c>, <c>text=*beach*</c>). Upper and lower case do not matter.
/// </summary>
internal sealed class ItemFilter
{
    public static readonly IReadOnlyList<string> Fields = ["path", "label", "text"];

    private readonly List<Func<string, IndexedItem, bool>> _conditions = [];

    /// <param name="conditions">What <c>--filter</c> was given.</param>
    public ItemFilter(IEnumerable<string> conditions)
    {
        foreach (string condition in conditions) _conditions.Add(Parse(condition));
    }

    /// <summary>Whether everything may be found.</summary>
    public bool IsEmpty => _conditions.Count == 0;

    /// <summary>Whether an entry may be found.</summary>
    /// <param name="name">Path of the picture within the folder.</param>
    /// <param name="item">What the index says about the entry.</param>
    public bool Accepts(string name, IndexedItem item) => _conditions.TrueForAll(condition => condition(name, item));

    private static Func<string, IndexedItem, bool> Parse(string condition)
    {
        string field = condition.Split('=')[0];
        bool hasField = condition.Contains('=', StringComparison.Ordinal) && Fields.Contains(field, StringComparer.OrdinalIgnoreCase);
        if (!hasField && condition.Contains('=', StringComparison.Ordinal) && field.Length > 0 && field.All(char.IsAsciiLetter))
            throw new SampleException($"--filter '{condition}' names the field '{field}', expected {string.Join(", ", Fields)}.");
        string pattern = hasField ? condition[(field.Length + 1)..] : condition;
        if (!hasField || field.Equals("path", StringComparison.OrdinalIgnoreCase)) return OnPath(pattern);
        return field.Equals("label", StringComparison.OrdinalIgnoreCase)
            ? (_, item) => Matches(pattern, item.Label)
            : (_, item) => Matches(pattern, item.Text);
    }

    private static Func<string, IndexedItem, bool> OnPath(string pattern)
    {
        var matcher = new Matcher(StringComparison.OrdinalIgnoreCase);
        matcher.AddInclude(pattern.Contains('/', StringComparison.Ordinal) ? pattern : $"**/{pattern}");
        return (name, _) => matcher.Match(name).HasMatches;
    }

    private static bool Matches(string pattern, string? value)
        => value is not null && FileSystemName.MatchesSimpleExpression(pattern, value, ignoreCase: true);
}
