using System.Runtime.InteropServices;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Search;

namespace Tips.MLNet.Trainers;

/// <summary>
/// How a saved pipeline keeps a classifier: a state, the rows as little-endian float32, the labels as little-endian int32.
/// </summary>
internal static class KNearestNeighborsFormat
{
    private const string RowsStream = "Rows", LabelsStream = "Labels";

    public static void Write(ComponentWriter writer, string featureColumnName, KNearestNeighborsModelParameters model)
    {
        var state = new KNearestNeighborsState
        {
            Features = featureColumnName,
            Dimension = model.FeatureDimension,
            Count = model.Count,
            ClassCount = model.ClassCount,
            LabelValues = model.LabelValues?.ToState(),
            Options = model.Options,
        };
        writer.WriteState(state, TrainersJsonContext.Default.KNearestNeighborsState);
        writer.WriteStream(RowsStream, stream =>
        {
            float[] row = new float[model.FeatureDimension];
            for (int i = 0; i < model.Count; i++)
            {
                model.Index.CopyRow(i, row);
                stream.Write(MemoryMarshal.AsBytes<float>(row));
            }
        });
        writer.WriteStream(LabelsStream, stream => stream.Write(MemoryMarshal.AsBytes<int>(model.Labels)));
    }

    /// <exception cref="InvalidDataException">What was saved is damaged.</exception>
    public static (string FeatureColumnName, KNearestNeighborsModelParameters Model) Read(ComponentReader reader)
    {
        var state = reader.ReadState(TrainersJsonContext.Default.KNearestNeighborsState);
        Check(state);
        var labelValues = state.LabelValues is null ? null : LabelValues.FromState(state.LabelValues);
        if (labelValues is not null && labelValues.Count != state.ClassCount)
            throw Fault($"has {labelValues.Count} label values for {state.ClassCount} classes");
        var model = new KNearestNeighborsModelParameters(
            ReadRows(reader, state), ReadLabels(reader, state), state.ClassCount, labelValues, state.Options);
        return (state.Features, model);
    }

    private static void Check(KNearestNeighborsState state)
    {
        if (state.Count < 1) throw Fault($"has {state.Count} rows, expected at least 1");
        if (state.Dimension is < 1 or > Panels.MaximumDimension)
            throw Fault($"has vectors of {state.Dimension} values, expected 1 to {Panels.MaximumDimension}");
        if (state.ClassCount is < 2 or > KNearestNeighborsModelParameters.MaximumClassCount)
            throw Fault($"has {state.ClassCount} classes, expected 2 to {KNearestNeighborsModelParameters.MaximumClassCount}");
        try
        {
            state.Options.Validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The saved pipeline's k-NN classifier has an option out of range: {e.Message}", e);
        }
    }

    // Row by row: a large training set does not fit into one array.
    private static NeighborIndex ReadRows(ComponentReader reader, KNearestNeighborsState state)
    {
        var index = new NeighborIndex(state.Dimension, state.Options.Metric);
        ReadStream(reader, RowsStream, (long)state.Count * state.Dimension * sizeof(float), stream =>
        {
            float[] row = new float[state.Dimension];
            for (int i = 0; i < state.Count; i++)
            {
                stream.ReadExactly(MemoryMarshal.AsBytes(row.AsSpan()));
                if (!FeatureChecks.AllFinite(row)) throw Fault($"has a value in row {i} that is not finite");
                index.AddUnchanged(row);
            }
        });
        return index;
    }

    private static int[] ReadLabels(ComponentReader reader, KNearestNeighborsState state)
    {
        int[] labels = [];
        ReadStream(reader, LabelsStream, (long)state.Count * sizeof(int), stream =>
        {
            labels = new int[state.Count];
            stream.ReadExactly(MemoryMarshal.AsBytes(labels.AsSpan()));
        });
        return labels.AsSpan().ContainsAnyExceptInRange(0, state.ClassCount - 1)
            ? throw Fault($"has a label outside its {state.ClassCount} classes")
            : labels;
    }

    private static void ReadStream(ComponentReader reader, string name, long expected, Action<Stream> read)
    {
        bool found = reader.TryReadStream(name, stream =>
        {
            if (stream.Length != expected)
            {
                throw new InvalidDataException(
                    $"Stream '{name}' of the saved pipeline's k-NN classifier has {stream.Length} bytes, expected {expected}.");
            }

            read(stream);
        });
        if (!found) throw Fault($"has no stream '{name}'");
    }

    private static InvalidDataException Fault(string what) => new($"The saved pipeline's k-NN classifier {what}.");
}
