using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines;

/// <summary>Messages about columns, the same everywhere: which column, what was found, what was expected.</summary>
internal static class SchemaChecks
{
    private const int NamesShown = 20;

    public static DataViewSchema.Column Find(DataViewSchema schema, string role, string name)
        => schema.GetColumnOrNull(name) ?? throw Missing(nameof(schema), role, name, schema.Select(c => c.Name));

    /// <summary>The columns of a shape by name, to which an estimator adds its own.</summary>
    public static Dictionary<string, SchemaShape.Column> ColumnsOf(SchemaShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return shape.ToDictionary(c => c.Name);
    }

    /// <summary>Finds a column that holds one value of a type.</summary>
    public static void CheckScalar<TType>(Dictionary<string, SchemaShape.Column> columns, string role, string name, string expected)
        where TType : DataViewType
    {
        var column = Find(columns, role, name);
        if (column.ItemType is not TType || column.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw WrongType("inputSchema", role, name, expected, column.ItemType);
    }

    /// <summary>Finds a column that holds vectors of <see cref="float"/> of known size.</summary>
    public static void CheckVector(Dictionary<string, SchemaShape.Column> columns, string role, string name, string expected)
    {
        var column = Find(columns, role, name);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || column.ItemType != NumberDataViewType.Single || column.IsKey)
            throw WrongType("inputSchema", role, name, expected, $"{column.Kind} of {column.ItemType}");
    }

    public static SchemaShape.Column Find(Dictionary<string, SchemaShape.Column> columns, string role, string name)
        => columns.TryGetValue(name, out var column) ? column : throw Missing("inputSchema", role, name, columns.Keys);

    // ArgumentOutOfRangeException is what ML.NET itself throws for a schema that does not fit.
    public static ArgumentOutOfRangeException WrongType(string parameter, string role, string name, string expected, object found)
        => new(parameter, $"The {role} column '{name}' must be {expected}, but it is {found}.");

    private static ArgumentOutOfRangeException Missing(string parameter, string role, string name, IEnumerable<string> columns)
    {
        string[] names = [.. columns.Distinct(StringComparer.Ordinal)];
        string list = string.Join(", ", names.Take(NamesShown).Select(n => $"'{n}'"));
        return new(parameter, $"There is no {role} column '{name}'. The columns are: {list}{(names.Length > NamesShown ? ", …" : "")}.");
    }
}
