using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Index;

/// <summary>What a stored index was made from: kept in its file, as JSON.</summary>
internal sealed record IndexDescription
{
    private const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public int Format { get; init; } = CurrentFormat;

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Full path of the model's folder; null for the tiny model that comes with the program.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Of the model's files: another model, whose embeddings mean something else, has another digest.</summary>
    public required string ModelDigest { get; init; }

    /// <summary>Full path of the folder that the ids of the pictures are relative to.</summary>
    public required string PictureFolder { get; init; }

    /// <summary>Whether pictures were turned the way EXIF says.</summary>
    public bool Upright { get; init; }

    /// <summary>Whether captions are in the index, too.</summary>
    public bool Captions { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads the description of an index.</summary>
    /// <param name="json">The text.</param>
    /// <param name="file">The index, for messages.</param>
    /// <exception cref="SampleException">The index was not made by this program, or by a later version of it.</exception>
    public static IndexDescription Parse(string json, string file)
    {
        const string make = "make one with 'index DIR -o FILE'";
        if (json.Length == 0) throw new SampleException($"Index '{file}' does not say what it was made from; {make}.");
        try
        {
            var description = JsonSerializer.Deserialize<IndexDescription>(json, Options)!;
            return description.Format == CurrentFormat
                ? description
                : throw new SampleException($"Index '{file}' has format {description.Format}, expected {CurrentFormat}; {make}.");
        }
        catch (JsonException e)
        {
            throw new SampleException($"Index '{file}' says nothing known about what it was made from ({e.Message}); {make}.");
        }
    }

    /// <summary>A digest of the hashes of all files of a model.</summary>
    public static string DigestOf(TipsModel model)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model.Folder!, "manifest.json")));
        var hashes = new StringBuilder();
        Collect(manifest.RootElement, hashes);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hashes.ToString())));
    }

    private static void Collect(JsonElement element, StringBuilder hashes)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Collect(item, hashes);
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                if (property.NameEquals("sha256")) hashes.Append(property.Value.GetString()).Append('\n');
                else Collect(property.Value, hashes);
            }
        }
    }
}
