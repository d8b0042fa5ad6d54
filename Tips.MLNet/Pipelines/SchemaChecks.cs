using Microsoft.ML;

namespace Tips.MLNet.Pipelines;

/// <summary>Messages about columns, the same everywhere: which column, what was found, what was expected.</summary>
internal static class SchemaChecks
{
    private const int NamesShown = 20;

    public static DataViewSchema.Column Find(DataViewSchema schema, string role, string name)
        => schema.GetColumnOrNull(name) ?? throw Missing(nameof(schema), role, name, schema.Select(c => c.Name));

    // ArgumentOutOfRangeException is what ML.NET itself throws for a schema that does not fit.
    public static ArgumentOutOfRangeException Missing(string parameter, string role, string name, IEnumerable<string> columns)
    {
        string[] names = [.. columns.Distinct(StringComparer.Ordinal)];
        string list = string.Join(", ", names.Take(NamesShown).Select(n => $"'{n}'"));
        return new(parameter, $"There is no {role} column '{name}'. The columns are: {list}{(names.Length > NamesShown ? ", …" : "")}.");
    }

    public static ArgumentOutOfRangeException WrongType(string parameter, string role, string name, string expected, object found)
        => new(parameter, $"The {role} column '{name}' must be {expected}, but it is {found}.");
}
