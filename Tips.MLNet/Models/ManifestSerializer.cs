using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Tips.MLNet.Files;
using Tips.MLNet.Text;

namespace Tips.MLNet.Models;

/// <summary>Reads, checks and writes <see cref="TipsManifest"/>. Every message names the place it is about.</summary>
internal static partial class ManifestSerializer
{
    /// <summary>A manifest has a few kilobytes; anything much larger is not one.</summary>
    private const int MaximumLength = 1 << 20;

    private static readonly string[] ReservedNames = [TipsManifest.FileName, "Model.key"];

    public static byte[] Serialize(TipsManifest manifest)
        => JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJsonContext.Default.TipsManifest);

    /// <summary>The bytes of a manifest file, unless it is too long to be one.</summary>
    public static byte[] ReadBytes(string path)
    {
        long length = LinkedFile.Target(path).Length;
        if (length > MaximumLength)
            throw new InvalidDataException($"Manifest '{path}' has {length} bytes; a manifest has at most {MaximumLength}.");
        return File.ReadAllBytes(path);
    }

    public static TipsManifest ReadFile(string path) => Deserialize(ReadBytes(path), $"Manifest '{path}'");

    public static TipsManifest Deserialize(ReadOnlySpan<byte> json, string place)
    {
        if (json.Length > MaximumLength)
            throw new InvalidDataException($"{place} has {json.Length} bytes; a manifest has at most {MaximumLength}.");
        TipsManifest? manifest;
        try
        {
            CheckFormatVersion(json, place);
            manifest = JsonSerializer.Deserialize(json, ManifestJsonContext.Default.TipsManifest);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{place} is not a model manifest: {e.Message}", e);
        }

        Check(manifest ?? throw new InvalidDataException($"{place} is not a model manifest: it is null."), place);
        return manifest;
    }

    /// <summary>Hex SHA-256 of the manifest's own bytes: with the digests inside it, it pins the whole folder.</summary>
    public static string Digest(ReadOnlySpan<byte> json) => Convert.ToHexStringLower(SHA256.HashData(json));

    // Before the rest is read: a newer format may lack or add any key, and its version explains that better than a missing key does.
    private static void CheckFormatVersion(ReadOnlySpan<byte> json, string place)
    {
        var reader = new Utf8JsonReader(json);
        if (!JsonDocument.TryParseValue(ref reader, out var document)) return;
        using (document)
        {
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("formatVersion", out var version)
                && version.ValueKind == JsonValueKind.Number
                && (!version.TryGetInt32(out int number) || number != TipsManifest.CurrentFormatVersion))
            {
                string advice = version.TryGetInt32(out number) && number < TipsManifest.CurrentFormatVersion
                    ? "Make the folder again: 'tips-onnx-export export --vision FILE --output DIR --overwrite' (--text and --tokenizer for "
                        + "its text encoder), or 'tips-onnx-export get NAME --output DIR --overwrite' for a released model."
                    : "Update Tips.MLNet.";
                throw new InvalidDataException(
                    $"{place} has format version {version}; this version of Tips.MLNet reads {TipsManifest.CurrentFormatVersion}. "
                    + $"{advice}");
            }
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();

    private static void Check(TipsManifest manifest, string place)
    {
        Positive(manifest.EmbeddingDimension, "embeddingDimension");
        if (manifest is { Vision: null, Text: null }) throw Fault("it has neither 'vision' nor 'text'");
        if (manifest.Vision is { } vision) CheckVision(vision);
        if (manifest.Text is { } text) CheckText(text);
        HeadManifestChecks.Check(manifest, Fault);
        CheckFiles();

        void CheckVision(VisionManifest vision)
        {
            Positive(vision.PatchSize, "vision.patchSize");
            Positive(vision.Layers, "vision.layers");
            Positive(vision.Heads, "vision.heads");
            Side(vision.ImageHeight, "vision.imageHeight", vision.PatchSize);
            Side(vision.ImageWidth, "vision.imageWidth", vision.PatchSize);
            if (vision.ImageHeight > Array.MaxLength / 3 / vision.ImageWidth)
                throw Fault($"pictures of {vision.ImageHeight}x{vision.ImageWidth} do not fit into one tensor");
            if (vision.Preprocessing != PreprocessingManifest.Reference)
                throw Fault($"'vision.preprocessing' is {vision.Preprocessing}, expected {PreprocessingManifest.Reference}");
            if (vision.Dense.PatchTokens is null) throw Fault("'vision.dense.patchTokens' is missing");
            if (vision.ValuePath is { PatchTokens: null }) throw Fault("'vision.valuePath.patchTokens' is missing");
            foreach (var layer in vision.Dense.Layers ?? [])
            {
                if (layer is null) throw Fault("'vision.dense.layers' has an entry that is null");
                if (layer.Layer < 0 || layer.Layer >= vision.Layers)
                    throw Fault($"'vision.dense.layers' has the layer {layer.Layer}, expected 0 to {vision.Layers - 1}");
            }
        }

        void CheckText(TextManifest text)
        {
            Positive(text.Layers, "text.layers");
            Positive(text.Heads, "text.heads");
            Positive(text.VocabularySize, "text.vocabularySize");
            Positive(text.FeedForwardDimension, "text.feedForwardDimension");
            if (text.MaximumLength != TipsTokenizer.MaximumLength)
                throw Fault($"'text.maximumLength' is {text.MaximumLength}, expected {TipsTokenizer.MaximumLength}");
            if (text.Temperature is { } temperature && !(temperature > 0 && float.IsFinite(temperature)))
                throw Fault($"'text.temperature' is {temperature}, expected a positive number");
            if (text.TokenizerRule is not (null or "SentencePiece" or "HuggingFace"))
                throw Fault($"'text.tokenizerRule' is '{text.TokenizerRule}', expected 'SentencePiece' or 'HuggingFace'");
        }

        void CheckFiles()
        {
            var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var file in manifest.Files)
            {
                if (file is null) throw Fault("'files' has an entry that is null");
                CheckPlainName(file.Name);
                if (!names.Add(file.Name)) throw Fault($"'files' lists '{file.Name}' twice");
                if (file.Size < 0) throw Fault($"'files' gives '{file.Name}' {file.Size} bytes, expected 0 or more");
                if (file.Sha256.Length != 64 || !file.Sha256.All(char.IsAsciiHexDigitLower))
                    throw Fault($"'files' gives '{file.Name}' the SHA-256 '{file.Sha256}', expected 64 lower-case hexadecimal digits");
            }

            foreach (var part in manifest.Parts)
            {
                // Case matters: on most systems, names that differ only in case are different files.
                if (part.References.FirstOrDefault(needed => part.Files.All(f => f.Name != needed)) is { } missing)
                    throw Fault($"'files' does not list '{missing}', which the manifest refers to");
            }
        }

        void Positive(int value, string key)
        {
            if (value <= 0) throw Fault($"'{key}' is {value}, expected a positive number");
        }

        void Side(int value, string key, int patchSize)
        {
            if (value <= 0 || value % patchSize != 0)
                throw Fault($"'{key}' is {value}, expected a positive multiple of the patch size {patchSize}");
        }

        // A manifest may come from anywhere. A name must never lead out of its folder, nor clash with a name that ML.NET or we use in a
        // pipeline.
        void CheckPlainName(string name)
        {
            if (!PlainName().IsMatch(name)
                || name.Contains("..", StringComparison.Ordinal)
                || ReservedNames.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw Fault($"'files' lists '{name}', expected a plain file name (letters, digits, '.', '-', '_')");
            }
        }

        InvalidDataException Fault(string what) => new($"{place} is not valid: {what}.");
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TipsManifest))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;
