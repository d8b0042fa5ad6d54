using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;

namespace Tips.MLNet.Transforms;

/// <summary>
/// True labels as keys in the order of the scores. ML.NET's evaluators compare numbers only: keys in any other order, such as
/// <c>MapValueToKey</c> gives by itself, give wrong metrics silently.
/// </summary>
internal sealed class ZeroShotLabels(IReadOnlyList<string> labels)
{
    public const string Description = "a text, or a key whose values are the classifier's labels in their order";

    private readonly Dictionary<string, uint> _keys = labels.Select((label, i) => (Label: label, Key: (uint)i + 1))
        .ToDictionary(l => l.Label, l => l.Key, StringComparer.Ordinal);

    /// <summary>The key of a label; 0 if the classifier does not know it.</summary>
    public uint KeyOf(ReadOnlySpan<char> label)
        => _keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(label, out uint key) ? key : 0;

    /// <summary>The column of keys.</summary>
    public DataViewSchema.DetachedColumn ToColumn(string name)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        ScoreColumns.AddNames(annotations, AnnotationNames.KeyValues, labels);
        return new(name, new KeyDataViewType(typeof(uint), labels.Count), annotations.ToAnnotations());
    }

    /// <summary>Whether a column has keys in the order of the scores.</summary>
    public bool IsInOrder(DataViewSchema.Column column) => NamesOf(column) is { } names && names.SequenceEqual(labels);

    /// <summary>
    /// A column of keys whose values are the labels, or several of them, or others beside them, but with other numbers; null if none is.
    /// </summary>
    public DataViewSchema.Column? FindOutOfOrder(DataViewSchema schema)
    {
        foreach (var column in schema)
        {
            // What another classifier predicted is no true label.
            if (column.IsHidden || column.Annotations.Schema.GetColumnOrNull(AnnotationNames.ScoreColumnKind) is not null) continue;
            if (NamesOf(column) is not { } names) continue;
            int shared = names.Count(_keys.ContainsKey);
            if (shared > 1 && shared == Math.Min(names.Length, labels.Count) && names.Where((name, i) => IsElsewhere(name, i)).Any())
                return column;
        }

        return null;
    }

    private bool IsElsewhere(string name, int index) => _keys.TryGetValue(name, out uint key) && key != index + 1;

    private static string[]? NamesOf(DataViewSchema.Column column)
    {
        if (column.Type is not KeyDataViewType
            || column.Annotations.Schema.GetColumnOrNull(AnnotationNames.KeyValues)?.Type is not VectorDataViewType values
            || values.ItemType is not TextDataViewType)
            return null;
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetKeyValues(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }
}
