using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Tips.MLNet.Tests.Samples;

/// <summary>
/// A program of <c>Tips.MLNet.Samples/Snippets</c>: a file with regions that documents show, and the output it has printed.
/// </summary>
internal sealed class Snippet
{
    private const string OutputHeading = "// Output, with ";

    // What ImplicitUsings gives a console program.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions Parsing
        = new CSharpParseOptions(LanguageVersion.Preview).WithFeatures([new("FileBasedProgram", "true")]);

    private static readonly Lazy<MetadataReference[]> References = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Tips.MLNet.Tests", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    private readonly string _path;
    private readonly string[] _lines;

    public Snippet(string path) => (_path, _lines) = (path, File.ReadAllLines(path));

    public string Name => Path.GetFileNameWithoutExtension(_path);

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>The output that the end of the file shows.</summary>
    public string Output
    {
        get
        {
            int heading = Array.FindIndex(_lines, line => line.StartsWith(OutputHeading, StringComparison.Ordinal));
            Assert.IsGreaterThan(0, heading, $"{Name} does not show its output");
            return Join(_lines[(heading + 1)..].Select(line => line["// ".Length..]));
        }
    }

    /// <summary>The text of each region, without the lines that mark those inside it.</summary>
    public IEnumerable<string> Regions()
    {
        for (int i = 0; i < _lines.Length; i++)
        {
            if (!IsStart(_lines[i])) continue;
            int end = i, depth = 0;
            do
            {
                if (IsStart(_lines[end])) depth++;
                if (_lines[end].Trim() == "#endregion") depth--;
                end++;
            }
            while (depth > 0);
            yield return Join(_lines[i..end].Where(line => !IsStart(line) && line.Trim() != "#endregion"));
        }

        static bool IsStart(string line) => line.TrimStart().StartsWith("#region ", StringComparison.Ordinal);
    }

    /// <summary>Compiles the program as the SDK would.</summary>
    public Assembly Compile()
    {
        SyntaxTree[] trees =
        [
            CSharpSyntaxTree.ParseText(string.Join('\n', _lines), Parsing, _path),
            CSharpSyntaxTree.ParseText(ImplicitUsings, Parsing),
        ];
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
            .WithGeneralDiagnosticOption(ReportDiagnostic.Error);
        using var assembly = new MemoryStream();
        var result = CSharpCompilation.Create($"Snippet.{Name}", trees, References.Value, options).Emit(assembly);
        Assert.IsTrue(result.Success, string.Join('\n', result.Diagnostics));
        return Assembly.Load(assembly.ToArray());
    }

    /// <summary>Runs the program in a folder.</summary>
    /// <returns>What it prints.</returns>
    public string Run(string folder, params string[] arguments)
    {
        var main = Compile().EntryPoint!;
        string before = Environment.CurrentDirectory;
        var console = Console.Out;
        using var output = new StringWriter();
        try
        {
            Environment.CurrentDirectory = folder;
            Console.SetOut(output);
            main.Invoke(null, [arguments]); // of a program that awaits, too, the entry point returns at the end
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = before;
        }

        return output.ToString().ReplaceLineEndings("\n").TrimEnd().Replace('\\', '/');
    }

    private static string Join(IEnumerable<string> lines) => string.Join('\n', lines).Trim();
}
