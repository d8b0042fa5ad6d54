using Microsoft.ML;

namespace Tips.MLNet.Tests.Support;

/// <summary>Gets at the schema shape that ML.NET gives an estimator for some data.</summary>
internal static class SchemaShapes
{
    public static SchemaShape Of(DataViewSchema schema)
    {
        var method = typeof(SchemaShape).GetMethod("Create", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public)
            ?? throw new InvalidOperationException("ML.NET has no SchemaShape.Create any more.");
        return (SchemaShape)method.Invoke(null, [schema])!;
    }
}
