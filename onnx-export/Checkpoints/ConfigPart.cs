using System.Globalization;
using System.Text.Json;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>A number in a configuration, with its key for messages.</summary>
internal readonly record struct ConfigNumber(string Key, int Value);

/// <summary>An object in a <c>config.json</c>: gives numbers, and refuses what the graphs do not have an option for.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="part">The object.</param>
/// <param name="prefix">What its keys begin with in messages.</param>
internal sealed class ConfigPart(string path, JsonElement part, string prefix)
{
    public CheckpointException Error(string message) => new($"Configuration '{path}' {message}.");

    /// <summary>A value; null if there is none.</summary>
    public JsonElement? Value(string key)
        => part.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>An object inside this one; null if there is none.</summary>
    public ConfigPart? Inner(string key)
    {
        if (Value(key) is not { } inner) return null;
        return inner.ValueKind == JsonValueKind.Object
            ? new ConfigPart(path, inner, $"{prefix}{key}.")
            : throw Error($"has a '{prefix}{key}' that is not an object");
    }

    public ConfigNumber? Number(string key)
    {
        if (Value(key) is not { } value) return null;
        return TryNumber(value, out int number)
            ? new ConfigNumber(prefix + key, number)
            : throw Unexpected(key, value, "a whole number");
    }

    /// <summary>A number above zero; null if there is none.</summary>
    public float? Positive(string key)
    {
        if (Value(key) is not { } value) return null;
        float number = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double read) ? (float)read : 0;
        return number > 0 && float.IsFinite(number)
            ? number
            : throw Error($"has the {prefix}{key} {JsonFile.Abbreviate(value)}, expected a positive number");
    }

    /// <summary>A list of whole numbers; null if there is none.</summary>
    public int[]? Numbers(string key)
    {
        if (Value(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Unexpected(key, value, "a list of whole numbers");
        return [.. value.EnumerateArray().Select(
            item => TryNumber(item, out int number) ? number : throw Unexpected(key, value, "a list of whole numbers"))];
    }

    public void Expect(string key, double expected)
    {
        if (Value(key) is { } value && !IsAbout(value, expected))
            throw Unexpected(key, value, expected.ToString(CultureInfo.InvariantCulture));
    }

    public void Expect(string key, double[] expected)
    {
        if (Value(key) is not { } value) return;
        bool fits = value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() == expected.Length
            && value.EnumerateArray().Zip(expected).All(p => IsAbout(p.First, p.Second));
        if (!fits)
        {
            string numbers = string.Join(", ", expected.Select(e => e.ToString(CultureInfo.InvariantCulture)));
            throw Unexpected(key, value, $"[{numbers}]");
        }
    }

    public void ExpectText(string key, string expected)
    {
        if (Value(key) is { } value && (value.ValueKind != JsonValueKind.String || value.GetString() != expected))
            throw Unexpected(key, value, $"\"{expected}\"");
    }

    public void ExpectTrue(string key)
    {
        if (Value(key) is { } value && value.ValueKind != JsonValueKind.True) throw Unexpected(key, value, "true");
    }

    public CheckpointException Unexpected(string key, JsonElement value, string expected)
        => Error($"has {prefix}{key} {JsonFile.Abbreviate(value)}, expected {expected}");

    private static bool IsAbout(JsonElement value, double expected) => value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out double number)
        && Math.Abs(number - expected) <= 1e-6 * expected;

    private static bool TryNumber(JsonElement value, out int number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number);
    }
}
