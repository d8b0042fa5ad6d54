using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Tips.MLNet.Interop;
using Tips.MLNet.Trainers.Search;

namespace Tips.MLNet.Trainers;

/// <summary>How a classifier lies in a saved pipeline: a state, the rows as little-endian float32, the labels as little-endian int32.</summary>
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
        writer.WriteState(KNearestNeighborsLoader.Component, state, TrainersJsonContext.Default.KNearestNeighborsState);
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

    public static (string FeatureColumnName, KNearestNeighborsModelParameters Model) Read(ComponentReader reader)
    {
        var state = reader.ReadState(KNearestNeighborsLoader.Component, TrainersJsonContext.Default.KNearestNeighborsState);
        state.Options.Validate();
        byte[] rows = ReadStream(reader, RowsStream, (long)state.Count * state.Dimension * sizeof(float));
        byte[] labels = ReadStream(reader, LabelsStream, (long)state.Count * sizeof(int));

        var index = new NeighborIndex(state.Dimension, state.Options.Metric);
        var values = MemoryMarshal.Cast<byte, float>(rows);
        for (int i = 0; i < state.Count; i++) index.AddAsKept(values.Slice(i * state.Dimension, state.Dimension));
        int[] classes = MemoryMarshal.Cast<byte, int>(labels).ToArray();
        if (classes.AsSpan().ContainsAnyExceptInRange(0, state.ClassCount - 1)) throw new InvalidDataException($"The saved pipeline's k-NN classifier has a label outside its {state.ClassCount} classes.");
        var labelValues = state.LabelValues is null ? null : LabelValues.FromState(state.LabelValues);
        return (state.Features, new KNearestNeighborsModelParameters(index, classes, state.ClassCount, labelValues, state.Options));
    }

    private static byte[] ReadStream(ComponentReader reader, string name, long expected)
    {
        byte[] bytes = reader.ReadStream(name) ?? throw new InvalidDataException($"The saved pipeline's k-NN classifier has no stream '{name}'.");
        return bytes.LongLength == expected
            ? bytes
            : throw new InvalidDataException($"Stream '{name}' of the saved pipeline's k-NN classifier has {bytes.LongLength} bytes, expected {expected}.");
    }
}

/// <summary>What a saved pipeline says about a classifier.</summary>
internal sealed record KNearestNeighborsState
{
    public required string Features { get; init; }

    public required int Dimension { get; init; }

    public required int Count { get; init; }

    public required int ClassCount { get; init; }

    public LabelValuesState? LabelValues { get; init; }

    public required KNearestNeighborsOptions Options { get; init; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(KNearestNeighborsState))]
internal sealed partial class TrainersJsonContext : JsonSerializerContext;
