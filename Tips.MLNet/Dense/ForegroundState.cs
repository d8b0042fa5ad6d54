using System.Text.Json;
using System.Text.Json.Serialization;
using Tips.MLNet.Files;

namespace Tips.MLNet.Dense;

/// <summary>A foreground classifier as its file has it.</summary>
internal sealed record ForegroundState
{
    public const int CurrentFormatVersion = 1;

    /// <summary>1,536 weights take 40 kilobytes.</summary>
    private const int MaximumLength = 4 << 20;

    public required int FormatVersion { get; init; }

    public required string Variant { get; init; }

    public required int ImageHeight { get; init; }

    public required double C { get; init; }

    public required double Intercept { get; init; }

    public required double[] Weights { get; init; }

    public static ForegroundState From(ForegroundClassifier classifier) => new()
    {
        FormatVersion = CurrentFormatVersion,
        Variant = classifier.Variant,
        ImageHeight = classifier.ImageHeight,
        C = classifier.C,
        Intercept = classifier.Intercept,
        Weights = classifier.Weights.ToArray(),
    };

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not a classifier.</exception>
    public static ForegroundState Read(string path)
    {
        var info = LinkedFile.Target(path);
        if (!info.Exists) throw new FileNotFoundException($"There is no foreground classifier '{path}'.", path);
        if (info.Length > MaximumLength) throw Damaged($"it has {info.Length:N0} bytes, expected at most {MaximumLength:N0}");
        ForegroundState? state;
        try
        {
            state = JsonSerializer.Deserialize(File.ReadAllBytes(path), DenseJsonContext.Default.ForegroundState);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"File '{path}' is not a foreground classifier: {e.Message}", e);
        }

        if (state is null) throw Damaged("it is null");
        if (state.FindDamage() is { } damage) throw Damaged(damage);
        return state;

        InvalidDataException Damaged(string what) => new($"File '{path}' is not a foreground classifier: {what}.");
    }

    /// <summary>What is wrong with it; null if nothing is.</summary>
    public string? FindDamage()
    {
        if (FormatVersion != CurrentFormatVersion) return $"its format version is {FormatVersion}, expected {CurrentFormatVersion}";
        bool isFinite = Array.TrueForAll([C, Intercept, .. Weights], double.IsFinite);
        return ImageHeight > 0 && C > 0 && Weights.Length > 0 && isFinite
            ? null
            : $"it has {Weights.Length} weights, the intercept {Intercept}, C {C} and the image height {ImageHeight}";
    }

    public void Write(string path) => WholeFile.Write(
        "Foreground classifier",
        path,
        stream => JsonSerializer.Serialize(stream, this, DenseJsonContext.Default.ForegroundState));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(ForegroundState))]
internal sealed partial class DenseJsonContext : JsonSerializerContext;
