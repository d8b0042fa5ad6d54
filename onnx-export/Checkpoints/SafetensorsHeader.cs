using System.Text.Json;
using System.Text.Unicode;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// The header of a safetensors file: a JSON object of tensors with element type, shape and byte range. The ranges must cover the data
/// without gaps or overlaps, as the format requires, so every byte of the file is accounted for.
/// </summary>
internal static class SafetensorsHeader
{
    private const string Metadata = "__metadata__";

    private const int MaximumRank = 32;

    /// <summary>The largest released checkpoint, with both encoders, has about a thousand tensors.</summary>
    private const int MaximumTensors = 10_000;

    /// <summary>A tensor and where its bytes are, counted from the end of the header.</summary>
    public sealed record Entry(TensorInfo Info, long Offset, long Length);

    /// <exception cref="FormatException">What is wrong with the header.</exception>
    public static IReadOnlyList<Entry> Parse(ReadOnlyMemory<byte> json, long dataLength)
    {
        if (!Utf8.IsValid(json.Span)) throw new FormatException("its header is not UTF-8");
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            return Read(document.RootElement, dataLength);
        }
        catch (JsonException e)
        {
            throw new FormatException($"its header is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("its header has an unpaired surrogate", e);
        }
    }

    private static List<Entry> Read(JsonElement root, long dataLength)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("its header is not a JSON object");
        var entries = new List<Entry>();
        foreach (var property in root.EnumerateObject())
        {
            string name = property.Name;
            if (name == Metadata) continue;
            if (CheckpointFile.DescribeIfTooLong(name) is { } tooLong) throw new FormatException($"it has a key {tooLong}");
            if (entries.Count == MaximumTensors) throw new FormatException($"it has more than {MaximumTensors} tensors");
            entries.Add(ReadEntry(name, property.Value));
        }

        CheckCoverage(entries, dataLength);
        return entries;
    }

    private static Entry ReadEntry(string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new FormatException($"key '{name}' is not an object with dtype, shape and data_offsets");
        var type = ParseType(name, Member(name, element, "dtype", JsonValueKind.String).GetString()!);
        var shapeElement = Member(name, element, "shape", JsonValueKind.Array);
        int rank = shapeElement.GetArrayLength();
        if (rank > MaximumRank) throw new FormatException($"key '{name}' has {rank} dimensions, expected at most {MaximumRank}");
        int[] shape = [.. shapeElement.EnumerateArray().Select(d => Dimension(name, d))];
        var offsets = Member(name, element, "data_offsets", JsonValueKind.Array);
        if (offsets.GetArrayLength() != 2)
            throw new FormatException($"key '{name}' has {offsets.GetArrayLength()} data_offsets, expected 2");
        long begin = Offset(name, offsets[0]), end = Offset(name, offsets[1]);
        if (begin > end) throw new FormatException($"key '{name}' begins at byte {begin} but ends at byte {end}");
        Int128 needed = type.SizeOf();
        foreach (int dimension in shape)
        {
            needed *= dimension;
            if (needed > long.MaxValue)
                throw new FormatException($"key '{name}' has the shape {TensorInfo.FormatShape(shape)}, which is too large");
        }

        if (needed != end - begin)
        {
            throw new FormatException(
                $"key '{name}' has the shape {TensorInfo.FormatShape(shape)} of {type.DisplayName()}, "
                + $"which needs {needed} bytes, but has {end - begin}");
        }

        return new Entry(new TensorInfo(name, type, shape), begin, end - begin);
    }

    private static void CheckCoverage(List<Entry> entries, long dataLength)
    {
        long at = 0;
        foreach (var entry in entries.OrderBy(e => e.Offset).ThenBy(e => e.Length))
        {
            if (entry.Offset != at)
                throw new FormatException($"key '{entry.Info.Name}' begins at byte {entry.Offset} of the data, expected {at}");
            at += entry.Length;
        }

        if (at != dataLength) throw new FormatException($"its header describes {at} bytes of data, but the file has {dataLength}");
    }

    private static JsonElement Member(string name, JsonElement element, string member, JsonValueKind kind)
    {
        bool isKind = element.TryGetProperty(member, out var value) && value.ValueKind == kind;
        string kindName = kind == JsonValueKind.Array ? "an array" : "a string";
        return isKind ? value : throw new FormatException($"key '{name}' has no '{member}' that is {kindName}");
    }

    private static int Dimension(string name, JsonElement element)
        => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= 0
            ? value
            : throw new FormatException($"key '{name}' has the dimension {Abbreviate(element)}, which is not a number or is too large");

    private static long Offset(string name, JsonElement element)
        => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long value) && value >= 0
            ? value
            : throw new FormatException($"key '{name}' has the data offset {Abbreviate(element)}, expected a number of bytes");

    private static string Abbreviate(JsonElement element)
        => element.GetRawText() is { Length: > 40 } text ? text[..40] + "…" : element.GetRawText();

    private static ElementType ParseType(string name, string dtype) => dtype switch
    {
        "F64" => ElementType.Float64,
        "F32" => ElementType.Float32,
        "F16" => ElementType.Float16,
        "BF16" => ElementType.BFloat16,
        "I8" => ElementType.Int8,
        "I16" => ElementType.Int16,
        "I32" => ElementType.Int32,
        "I64" => ElementType.Int64,
        "U8" => ElementType.UInt8,
        "U16" => ElementType.UInt16,
        "U32" => ElementType.UInt32,
        "U64" => ElementType.UInt64,
        _ => throw new FormatException(
            $"key '{name}' has the element type '{(dtype.Length > 16 ? dtype[..16] + "…" : dtype)}', "
            + "expected F16, BF16, F32, F64 or an integer"),
    };
}
