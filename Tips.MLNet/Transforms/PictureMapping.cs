using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// A column of pictures in (images, paths of files, or the bytes of files), a column of vectors out.
/// </summary>
/// <param name="columns">The columns.</param>
/// <param name="options">What is done with pictures.</param>
/// <param name="plan">How files are decoded and run.</param>
/// <param name="createBatch">Makes room for so many pictures to prepare, and so many to run together.</param>
/// <param name="host">Where to log.</param>
/// <param name="kept">Where embeddings are kept between runs; null if nowhere.</param>
internal sealed class PictureMapping(
    EmbeddingColumns columns,
    TipsPictureOptions options,
    DecodingPlan plan,
    Func<int, int, ImageSourceBatch> createBatch,
    PipelineHost host,
    KeptEmbeddings? kept = null)
    : EmbeddingMapping(columns, host)
{
    /// <summary>What the input column may be, for messages.</summary>
    public const string ExpectedInput = "an image, a text (the path of a file), or a vector of bytes (the content of a file)";

    public override int BatchSize => plan.BatchSize;

    /// <exception cref="ArgumentOutOfRangeException">A batch would not fit into one tensor.</exception>
    public static void CheckBatchSize(TipsPictureOptions options, int height, int width, int largest)
    {
        if (options.BatchSize <= largest || options.BatchSize is null) return;
        throw new ArgumentOutOfRangeException(
            nameof(options),
            options.BatchSize,
            $"A batch of {options.BatchSize} pictures of {height}x{width} does not fit into one tensor; at most {largest} fit.");
    }

    /// <summary>Whether a column's values are the contents of files.</summary>
    public static bool IsBytes(DataViewType type) => type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte;

    // ML.NET decodes image columns, row by row; the next batch is read while one is computed.
    public override ReadPlan PlanFor(DataViewSchema input)
        => FindPicture(input).Type is ImageDataViewType
            ? base.PlanFor(input)
            : new ReadPlan(plan.BatchSize, plan.Window, plan.TakesTurns, Math.Min(plan.Threads, plan.Window));

    public override IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var picture = FindPicture(input);
        return FindName(input) is { } name && name.Index != picture.Index ? [picture.Index, name.Index] : [picture.Index];
    }

    public override IBatch CreateBatch(DataViewRow row, int capacity)
    {
        int batchSize = Math.Min(capacity, plan.BatchSize);
        var batch = createBatch(capacity, batchSize);
        var names = new RowNames(row, FindName(row.Schema));
        var column = row.Schema[Input];
        if (column.Type is ImageDataViewType)
            return new ImageColumnBatch(row.GetGetter<MLImage>(column), column.Name, options, names, capacity, batch);
        if (kept is null) return new FileColumnBatch(row, column, options, names, capacity, batch, plan.Threads);
        var stored = new StoredRows(kept, capacity, batchSize, batch.EmbeddingLength);
        return new StoredFileColumnBatch(row, column, options, names, capacity, batch, plan.Threads, stored);
    }

    private DataViewSchema.Column FindPicture(DataViewSchema input)
    {
        var picture = SchemaChecks.Find(input, "picture", Input);
        return picture.Type is ImageDataViewType or TextDataViewType || IsBytes(picture.Type)
            ? picture
            : throw SchemaChecks.WrongType(nameof(input), "picture", Input, ExpectedInput, picture.Type);
    }

    // If there is no such column, as in a PredictionEngine's input, rows have no name: it is only for messages. (Fit requires the column.)
    private DataViewSchema.Column? FindName(DataViewSchema input)
    {
        if (options.RowNameColumn is not { } nameColumn || input.GetColumnOrNull(nameColumn) is not { } name) return null;
        return name.Type is TextDataViewType
            ? name
            : throw SchemaChecks.WrongType(nameof(input), "row name", nameColumn, "text", name.Type);
    }
}
