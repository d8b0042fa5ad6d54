extern alias samples;

using System.Text.Json;
using Tips.MLNet.Samples;
using TextLayout = samples::Tips.CommandLine.TextLayout;

namespace Tips.MLNet.Tests.Support;

/// <summary>The samples as a shell sees them: arguments in; exit code, standard output and standard error out.</summary>
internal static class SampleRun
{
    public static Task<(int Code, string Output, string Error)> Run(params string[] arguments) => Run(layout: null, arguments);

    /// <summary>The same on a terminal, or in a file of another width.</summary>
    public static async Task<(int Code, string Output, string Error)> Run(TextLayout? layout, string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await SampleCommands.RunAsync(arguments, output, error, layout: layout);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>
    /// Parses the JSON lines of <c>embed</c>. Each must have a name under <paramref name="key"/>, an embedding, and nothing else.
    /// </summary>
    public static (string Name, float[] Embedding)[] Parse(string lines, string key)
        => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => ParseLine(line, key))];

    private static (string Name, float[] Embedding) ParseLine(string line, string key)
    {
        using var json = JsonDocument.Parse(line);
        CollectionAssert.AreEqual(new[] { key, "embedding" }, json.RootElement.EnumerateObject().Select(p => p.Name).ToArray());
        var embedding = json.RootElement.GetProperty("embedding").EnumerateArray();
        return (json.RootElement.GetProperty(key).GetString()!, [.. embedding.Select(v => v.GetSingle())]);
    }
}
