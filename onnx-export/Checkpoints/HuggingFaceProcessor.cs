using System.Text.Json;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// What a repository's <c>processor_config.json</c> or <c>preprocessor_config.json</c> says about pictures. Anything that this library
/// would do otherwise is refused.
/// </summary>
internal sealed class HuggingFaceProcessor
{
    private const string WholeFile = "processor_config.json", PictureFile = "preprocessor_config.json", PicturePart = "image_processor";

    private const int MaximumLength = 1 << 20;

    private const double Rescale = 1 / 255.0;

    private readonly JsonElement _settings;

    /// <summary>Steps that are checked one by one, and one that changes nothing here: pictures are always converted to RGB.</summary>
    private static readonly string[] KnownSteps = ["do_resize", "do_rescale", "do_normalize", "do_convert_rgb"];

    private HuggingFaceProcessor(string path, JsonElement settings)
    {
        (Path, _settings) = (path, settings);
        if (settings.ValueKind != JsonValueKind.Object) throw Error("is not a JSON object");
        CheckSteps();
        Size = ReadSize();
    }

    public string Path { get; }

    /// <summary>Height and width of the pictures that the model takes by default; null if the file does not say.</summary>
    public (int Height, int Width)? Size { get; }

    /// <summary>Reads the processor of a repository; null if it has none.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or asks for something that this library does not do.</exception>
    public static HuggingFaceProcessor? TryRead(string repository)
    {
        // The file of the whole processor counts only if it has a part for pictures; older ones have not.
        string whole = System.IO.Path.Combine(repository, WholeFile), pictures = System.IO.Path.Combine(repository, PictureFile);
        if (File.Exists(whole))
        {
            var root = Parse(whole);
            if (root.ValueKind != JsonValueKind.Object) return new HuggingFaceProcessor(whole, root);
            bool hasPart = root.TryGetProperty(PicturePart, out var part) && part.ValueKind != JsonValueKind.Null;
            if (hasPart && part.ValueKind != JsonValueKind.Object)
                throw new CheckpointException($"Processor '{whole}' has an '{PicturePart}' that is not an object.");
            if (hasPart || !File.Exists(pictures)) return new HuggingFaceProcessor(whole, hasPart ? part : root);
        }

        return File.Exists(pictures) ? new HuggingFaceProcessor(pictures, Parse(pictures)) : null;
    }

    /// <exception cref="CheckpointException">The pictures cannot be cut into patches.</exception>
    public void CheckSize(int patch)
    {
        if (Size is var (height, width) && (height <= 0 || width <= 0 || height % patch != 0 || width % patch != 0))
            throw Error($"has the size {height}x{width}, expected positive multiples of the patch size {patch}");
    }

    public CheckpointException Error(string message) => new($"Processor '{Path}' {message}.");

    private static JsonElement Parse(string path)
        => JsonFile.Parse(BoundedFile.Read(path, MaximumLength, "Processor"), $"Processor '{path}'");

    private void CheckSteps()
    {
        Expect("do_resize", JsonValueKind.True, "true");
        Expect("do_rescale", JsonValueKind.True, "true");
        foreach (var step in _settings.EnumerateObject())
        {
            if (step.Name.StartsWith("do_", StringComparison.Ordinal) && !KnownSteps.Contains(step.Name))
                Expect(step.Name, JsonValueKind.False, "false");
        }

        if (Value("rescale_factor") is { } factor && !(TryNumber(factor, out double scale) && Math.Abs(scale - Rescale) <= 1e-6 * Rescale))
            throw Unexpected("rescale_factor", factor, "1/255");
        if (Value("resample") is { } resample && !IsBilinear(resample)) throw Unexpected("resample", resample, "2 (bilinear)");
        CheckNormalization();
    }

    // Mean 0 and standard deviation 1 change nothing, and neither is used if do_normalize is false.
    private void CheckNormalization()
    {
        var normalize = Value("do_normalize");
        if (normalize is { ValueKind: JsonValueKind.False }) return;
        bool hasMean = CheckAll("image_mean", 0), hasDeviation = CheckAll("image_std", 1);
        if (normalize is { } value && !(value.ValueKind == JsonValueKind.True && hasMean && hasDeviation))
            throw Unexpected("do_normalize", value, "false");
    }

    private bool CheckAll(string key, double expected)
    {
        if (Value(key) is not { } value) return false;
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        if (items.Length == 0 || !items.All(item => TryNumber(item, out double number) && number == expected))
            throw Unexpected(key, value, $"{expected} for every channel, as the model takes pictures in [0, 1]");
        return true;
    }

    private (int Height, int Width)? ReadSize()
    {
        if (Value("size") is not { } size) return null;
        if (size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int side)) return (side, side);
        if (size.ValueKind == JsonValueKind.Object
            && size.TryGetProperty("height", out var height)
            && size.TryGetProperty("width", out var width)
            && height.ValueKind == JsonValueKind.Number
            && width.ValueKind == JsonValueKind.Number
            && height.TryGetInt32(out int rows)
            && width.TryGetInt32(out int columns))
        {
            return (rows, columns);
        }

        throw Unexpected("size", size, "a height and a width");
    }

    private JsonElement? Value(string key)
        => _settings.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private void Expect(string key, JsonValueKind kind, string expected)
    {
        if (Value(key) is { } value && value.ValueKind != kind) throw Unexpected(key, value, expected);
    }

    private static bool TryNumber(JsonElement element, out double number)
    {
        number = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out number);
    }

    private static bool IsBilinear(JsonElement resample) => resample.ValueKind == JsonValueKind.String
        ? string.Equals(resample.GetString(), "bilinear", StringComparison.OrdinalIgnoreCase)
        : TryNumber(resample, out double number) && number == 2;

    private CheckpointException Unexpected(string key, JsonElement value, string expected)
        => Error($"has {key} {JsonFile.Abbreviate(value)}, expected {expected}");
}
