using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>
/// Pictures as rows of the schema that a pipeline was saved with: one column has their paths. The others, such as a column of labels, are
/// empty; the pipeline checks that they are there, but does not use them to predict.
/// </summary>
internal sealed class PathRows : IDataView
{
    /// <summary>
    /// A column with the <see cref="Picture"/>, for whoever reads the predictions. ML.NET hands rows from thread to thread only if all
    /// columns that are read have types of its own, and what goes wrong there ends the whole run. This type is not one of them.
    /// </summary>
    public const string PictureColumn = "Picture of predict";

    private readonly IReadOnlyList<Picture> _pictures;
    private readonly int _pathColumn;

    public PathRows(DataViewSchema schema, DataViewSchema.Column pathColumn, IReadOnlyList<Picture> pictures)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(schema);
        builder.AddColumn(PictureColumn, new PictureType());
        (Schema, _pathColumn, _pictures) = (builder.ToSchema(), pathColumn.Index, pictures);
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => false;

    public long? GetRowCount() => _pictures.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [new Cursor(this)];

    private sealed class Cursor(PathRows rows) : DataViewRowCursor
    {
        private int _position = -1;

        public override DataViewSchema Schema => rows.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool MoveNext()
        {
            if (_position + 1 < rows._pictures.Count)
            {
                _position++;
                return true;
            }

            _position = -1;
            return false;
        }

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<DataViewRowId> GetIdGetter()
            => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            // A pipeline may have a folder of its own that paths are relative to.
            if (column.Index == rows._pathColumn)
                return As((ref ReadOnlyMemory<char> value) => value = Path.GetFullPath(rows._pictures[_position].Path).AsMemory());
            if (column.Name == PictureColumn) return As((ref Picture value) => value = rows._pictures[_position]);
            return (ref TValue value) => value = default!;

            static ValueGetter<TValue> As<T>(ValueGetter<T> getter) => (ValueGetter<TValue>)(Delegate)getter;
        }
    }

    private sealed class PictureType() : StructuredDataViewType(typeof(Picture))
    {
        public override bool Equals(DataViewType? other) => other is PictureType;

        public override bool Equals(object? obj) => obj is PictureType;

        public override int GetHashCode() => typeof(PictureType).GetHashCode();
    }
}
