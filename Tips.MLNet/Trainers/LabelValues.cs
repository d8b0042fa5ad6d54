using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;

namespace Tips.MLNet.Trainers;

/// <summary>The values behind a label's keys ("KeyValues"), of whatever type they are. Immutable.</summary>
internal abstract class LabelValues
{
    private static readonly Dictionary<string, DataViewType> Types = new DataViewType[]
    {
        TextDataViewType.Instance, BooleanDataViewType.Instance, NumberDataViewType.Single, NumberDataViewType.Double,
        NumberDataViewType.SByte, NumberDataViewType.Int16, NumberDataViewType.Int32, NumberDataViewType.Int64,
        NumberDataViewType.Byte, NumberDataViewType.UInt16, NumberDataViewType.UInt32, NumberDataViewType.UInt64,
        DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance, TimeSpanDataViewType.Instance,
    }.ToDictionary(t => t.RawType == typeof(ReadOnlyMemory<char>) ? "Text" : t.RawType.Name);

    /// <summary>Number of classes.</summary>
    public abstract int Count { get; }

    /// <summary>The values as text, in key order.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>The values of a label column, or null if it has none.</summary>
    public static LabelValues? Of(DataViewSchema.Column label)
    {
        if (label.Annotations.Schema.GetColumnOrNull(AnnotationNames.KeyValues)?.Type is not VectorDataViewType type) return null;
        if (label.Type is not KeyDataViewType key || (ulong)type.Size != key.Count)
            return null; // they do not name the keys; ML.NET ignores them, too
        return Types.ContainsValue(type.ItemType) ? Create(type.ItemType, c => c.Read(label)) : null;
    }

    public static LabelValues FromState(LabelValuesState state)
    {
        if (!Types.TryGetValue(state.Type, out var type))
            throw new InvalidDataException($"The saved pipeline's labels have values of type '{state.Type}', which is not known.");
        try
        {
            return Create(type, c => c.Parse(state.Values));
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"The saved pipeline has a label that is no {state.Type}: {e.Message}", e);
        }
    }

    public abstract LabelValuesState ToState();

    /// <summary>Adds the values as an annotation.</summary>
    public abstract void AddTo(DataViewSchema.Annotations.Builder annotations, string name);

    private static LabelValues Create(DataViewType type, Func<ICodec, LabelValues> make)
        => make((ICodec)Activator.CreateInstance(typeof(Codec<>).MakeGenericType(type.RawType), type)!);

    private interface ICodec
    {
        LabelValues Read(DataViewSchema.Column label);

        LabelValues Parse(IReadOnlyList<string> values);
    }

    private sealed class Codec<T>(DataViewType itemType) : ICodec
    {
        public LabelValues Read(DataViewSchema.Column label)
        {
            VBuffer<T> values = default;
            label.GetKeyValues(ref values);
            return new Typed<T>(itemType, [.. values.DenseValues()]);
        }

        public LabelValues Parse(IReadOnlyList<string> values) => new Typed<T>(itemType, [.. values.Select(FromText)]);

        // Text is stored as it is; every other type is stored as JSON, which gives the same value back.
        private static T FromText(string? text)
        {
            if (text is null) throw new JsonException("it is null");
            return typeof(T) == typeof(ReadOnlyMemory<char>)
                ? (T)(object)text.AsMemory()
                : JsonSerializer.Deserialize<T>(text, LabelValuesState.Json)!;
        }
    }

    private sealed class Typed<T>(DataViewType itemType, T[] values) : LabelValues
    {
        public override int Count => values.Length;

        public override IReadOnlyList<string> Names { get; } = [.. values.Select(
            v => v is IFormattable f ? f.ToString(null, CultureInfo.InvariantCulture) : v!.ToString()!)];

        public override LabelValuesState ToState() => new(
            typeof(T) == typeof(ReadOnlyMemory<char>) ? "Text" : typeof(T).Name,
            typeof(T) == typeof(ReadOnlyMemory<char>)
                ? Names
                : [.. values.Select(v => JsonSerializer.Serialize(v, LabelValuesState.Json))]);

        public override void AddTo(DataViewSchema.Annotations.Builder annotations, string name)
            => annotations.Add(name, new VectorDataViewType((PrimitiveDataViewType)itemType, values.Length), (ref VBuffer<T> buffer) =>
            {
                var editor = VBufferEditor.Create(ref buffer, values.Length);
                values.CopyTo(editor.Values);
                buffer = editor.Commit();
            });
    }
}

/// <summary>Label values as they are saved.</summary>
internal sealed record LabelValuesState(string Type, IReadOnlyList<string> Values)
{
    /// <summary>Floats may be NaN or infinite as keys, too.</summary>
    public static JsonSerializerOptions Json { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
