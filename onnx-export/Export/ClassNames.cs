using System.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Export;

/// <summary>The names of the classes that a head tells apart.</summary>
internal static class ClassNames
{
    private const int MaximumLength = 1 << 20;

    private static readonly Lazy<string[]> LazyAde20K = new(() =>
    {
        using var stream = typeof(ClassNames).Assembly.GetManifestResourceStream("ade20k.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    });

    /// <summary>The 150 classes of ADE20K, which the released heads tell apart.</summary>
    public static IReadOnlyList<string> Ade20K => LazyAde20K.Value;

    /// <summary>Reads a file with one name a line.</summary>
    /// <exception cref="CheckpointException">It has another number of names, or an empty line between two.</exception>
    public static string[] Read(string path, int expected)
    {
        string[] names = Encoding.UTF8.GetString(BoundedFile.Read(path, MaximumLength, "File"))
            .TrimStart('\uFEFF').TrimEnd().Split('\n', StringSplitOptions.TrimEntries);
        if (names is [""]) names = [];
        int empty = Array.IndexOf(names, "");
        if (empty >= 0) throw new CheckpointException($"File '{path}' has no class name in line {empty + 1}.");
        return names.Length == expected
            ? names
            : throw new CheckpointException(
                $"File '{path}' has {names.Length} class names, expected {expected}, as many as the head for segmentation has outputs.");
    }
}
