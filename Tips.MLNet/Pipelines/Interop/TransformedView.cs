using Microsoft.ML;
using Microsoft.ML.Model.OnnxConverter;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>
/// The base of a view that a transformer returns. ML.NET finds its way back through a pipeline by it; <c>ConvertToOnnx</c>, which does so,
/// gets an error. (It would silently make the columns of such a view inputs of the graph, <c>Score</c> too.)
/// </summary>
internal abstract class TransformedView(IDataView source, string transformer) : ITransformCanSaveOnnx
{
    public IDataView Source => source;

    public bool CanShuffle => source.CanShuffle;

    public abstract DataViewSchema Schema { get; }

    public long? GetRowCount() => source.GetRowCount();

    public abstract DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null);

    public abstract DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null);

    // False would do for a warning, but only listeners of the log see it, and the graph that comes out is of no use.
    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => throw new NotSupportedException(
        $"A {transformer} cannot become part of an ONNX graph, so ConvertToOnnx cannot convert a pipeline with it. The graphs of the "
        + "encoders are in the model's folder. Steps behind it can be converted alone: give ConvertToOnnx their transformer and, as the "
        + "data, mlContext.Data.Cache(view), where view is what this transformer returns.");

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => throw new NotSupportedException();

    void ICanSaveModel.Save(ModelSaveContext ctx)
        => throw new NotSupportedException($"Save the {transformer}, not a view that it returned.");
}
