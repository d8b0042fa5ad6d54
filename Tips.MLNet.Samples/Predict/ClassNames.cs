using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Names of the classes that a pipeline predicts.</summary>
internal static class ClassNames
{
    // Where ML.NET's trainers and mappings leave them, the best place first.
    private const string SlotNames = "SlotNames", TrainingLabelValues = "TrainingLabelValues", KeyValues = "KeyValues";

    /// <summary>The names of all classes; numbers from 1 if there are none.</summary>
    /// <param name="score">The column of scores.</param>
    /// <param name="label">The column of the predicted label, if there is one.</param>
    /// <param name="count">How many classes there are.</param>
    public static string[] Of(DataViewSchema.Column score, DataViewSchema.Column? label, int count)
    {
        return Find(score, SlotNames) ?? Find(score, TrainingLabelValues) ?? (label is { } column ? Find(column, KeyValues) : null)
            ?? [.. Enumerable.Range(1, count).Select(number => number.ToString(CultureInfo.InvariantCulture))];

        string[]? Find(DataViewSchema.Column of, string annotation)
        {
            if (of.Annotations.Schema.GetColumnOrNull(annotation)?.Type is not VectorDataViewType { ItemType: var item }) return null;
            string[]? names = item.RawType switch
            {
                var type when type == typeof(ReadOnlyMemory<char>) => Values<ReadOnlyMemory<char>>(of, annotation),
                var type when type == typeof(float) => Values<float>(of, annotation),
                var type when type == typeof(double) => Values<double>(of, annotation),
                var type when type == typeof(int) => Values<int>(of, annotation),
                var type when type == typeof(uint) => Values<uint>(of, annotation),
                var type when type == typeof(long) => Values<long>(of, annotation),
                var type when type == typeof(bool) => Values<bool>(of, annotation),
                _ => null,
            };
            return names?.Length == count ? names : null;
        }
    }

    private static string[] Values<T>(DataViewSchema.Column column, string annotation)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(annotation, ref values);
        return [.. values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];
    }
}
