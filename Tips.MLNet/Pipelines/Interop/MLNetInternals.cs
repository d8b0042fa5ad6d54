using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>
/// Constructors that are internal to ML.NET. Only this folder uses internal types of ML.NET; <c>MLNetInternals.targets</c> lists them, and
/// the build fails if one of them disappears.
/// </summary>
internal static class MLNetInternals
{
    public static SchemaShape.Column Column(
        string name,
        SchemaShape.Column.VectorKind kind,
        DataViewType itemType,
        bool isKey = false,
        IEnumerable<SchemaShape.Column>? annotations = null)
        => new(name, kind, itemType, isKey, annotations is null ? null : new SchemaShape(annotations));

    public static TrainerInfo TrainerInfo() => new(normalization: false, calibration: false, caching: false);
}
