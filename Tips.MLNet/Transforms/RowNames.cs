using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Transforms;

/// <summary>How messages name the current row.</summary>
internal sealed class RowNames
{
    private readonly DataViewRow _row;
    private readonly ValueGetter<DataViewRowId> _id;
    private readonly ValueGetter<ReadOnlyMemory<char>>? _name;

    public RowNames(DataViewRow row, DataViewSchema.Column? name)
    {
        (_row, _id) = (row, row.GetIdGetter());
        if (name is { } column) _name = row.GetGetter<ReadOnlyMemory<char>>(column);
    }

    /// <summary>The text of the column that names rows; null if there is none.</summary>
    public string? Name
    {
        get
        {
            if (_name is null) return null;
            ReadOnlyMemory<char> name = default;
            _name(ref name);
            return name.ToString();
        }
    }

    /// <summary>Most sources number their rows in the low half of the id; where they do not, the position is the best there is.</summary>
    public long Number
    {
        get
        {
            DataViewRowId id = default;
            _id(ref id);
            return id.High == 0 ? (long)id.Low : _row.Position;
        }
    }

    public static string Describe(long number, string? name) => name is null ? $"Row {number}" : $"Row {number} ('{name}')";

    public string Describe() => Describe(Number, Name);
}
