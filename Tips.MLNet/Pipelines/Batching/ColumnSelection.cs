using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>Which columns of a batched view are wanted, and which input columns that requires.</summary>
internal sealed class ColumnSelection
{
    private readonly bool[] _active;

    public ColumnSelection(DataViewSchema input, DataViewSchema output, IBatchMapping mapping, IEnumerable<DataViewSchema.Column> wanted)
    {
        _active = new bool[output.Count];
        foreach (var column in wanted) _active[column.Index] = true;
        AnyOutput = _active.AsSpan(input.Count).Contains(true);
        IEnumerable<int> dependencies = AnyOutput ? mapping.GetDependencies(input) : [];
        InputColumns = [.. Enumerable.Range(0, input.Count).Where(i => _active[i]).Union(dependencies).Order().Select(i => input[i])];
    }

    /// <summary>Whether a computed column is wanted.</summary>
    public bool AnyOutput { get; }

    /// <summary>The input columns needed.</summary>
    public IReadOnlyList<DataViewSchema.Column> InputColumns { get; }

    public bool IsActive(int index) => _active[index];

    /// <summary>Throws unless the column is active and holds <typeparamref name="TValue"/>.</summary>
    public void Check<TValue>(DataViewSchema.Column column)
    {
        if (!_active[column.Index]) throw new ArgumentException($"Column '{column.Name}' is not active in this cursor.", nameof(column));
        if (typeof(TValue) != column.Type.RawType)
        {
            throw new ArgumentException(
                $"Column '{column.Name}' has values of type {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
        }
    }
}
