using System.Reflection;
using Microsoft.ML;

namespace Tips.MLNet.Tests.Support;

/// <summary>Gets the schema shape that ML.NET passes to an estimator.</summary>
internal static class SchemaShapes
{
    public static SchemaShape Of(DataViewSchema schema)
    {
        const BindingFlags flags = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;
        var method = typeof(SchemaShape).GetMethod("Create", flags)
            ?? throw new InvalidOperationException("ML.NET no longer has SchemaShape.Create.");
        return (SchemaShape)method.Invoke(null, [schema])!;
    }
}
