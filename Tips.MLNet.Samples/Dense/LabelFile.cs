using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Names of classes.</summary>
internal static class LabelFile
{
    /// <summary>
    /// Reads a class from each line that is not empty: its name, and after tabs other names of it. Each name is put into every prompt.
    /// </summary>
    public static IReadOnlyList<string[]> Read(string file)
    {
        string[][] classes = [.. TextLines.Read(file)
            .Select(line => line.Split('\t').Select(name => name.Trim()).Where(name => name.Length > 0).ToArray())
            .Where(names => names.Length > 0)];
        if (classes.Length < 2) throw new SampleException($"File '{file}' has {classes.Length} class(es), expected at least 2.");
        if (classes.Length > ClassMap.MaximumClasses)
            throw new SampleException($"File '{file}' has {classes.Length} classes, expected at most {ClassMap.MaximumClasses}.");
        if (classes.GroupBy(c => c[0]).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new SampleException($"File '{file}' has the class '{twice.Key}' twice.");
        return classes;
    }

    /// <summary>What is in pictures whose contents are known, and their background.</summary>
    public static IReadOnlyList<string[]> Of(IReadOnlyList<DensePicture> pictures)
        => [.. pictures.SelectMany(p => p.Labels).Distinct().Select(label => new[] { label }), ["background", "white paper", "nothing"]];

    /// <summary>The prompts of each class.</summary>
    public static IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Prompts(
        IReadOnlyList<string[]> classes, IReadOnlyList<PromptTemplate> templates)
        => [.. classes.Select(names => KeyValuePair.Create(
            names[0], (IReadOnlyList<string>)[.. names.SelectMany(name => templates.Select(t => t.Fill(name)))]))];
}
