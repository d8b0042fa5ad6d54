using System.Globalization;
using System.Reflection;
using System.Text;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>A program of at most ten lines (and three that name its packages) that uses a saved pipeline, to be run as a file.</summary>
/// <param name="Members">What it reads of a prediction: members of a class.</param>
/// <param name="Message">What it prints: the inside of an interpolated string.</param>
internal sealed record CSharpProgram(string Members, string Message)
{
    /// <summary>For pipelines of classes, whose labels are made texts as <c>PredictedName</c>.</summary>
    public static CSharpProgram Classes { get; } = new(
        "public string PredictedName = \"\"; public float[] Score = [];", "{result.PredictedName}: {result.Score.Max():P1}");

    /// <summary>For pipelines of clusters.</summary>
    public static CSharpProgram Clusters { get; } = new("public uint PredictedLabel = 0;", "cluster {result.PredictedLabel}");

    /// <summary>For pipelines of foreground, in the column <c>Foreground</c>.</summary>
    public static CSharpProgram Foreground { get; } = new(
        "public float[] Foreground = [];", "{result.Foreground.Average(p => p > 0.5 ? 1.0 : 0):P1} foreground");

    private static string OnnxRuntimeVersion { get; } = typeof(CSharpProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == nameof(OnnxRuntimeVersion)).Value!;

    /// <summary>Prints the program for a pipeline, with how to run it.</summary>
    public void Print(WrappingWriter output, string pipelineFile)
    {
        output.WriteLine();
        output.WriteLine("To use it: tips predict --pipeline FILE --images DIR, or this program (dotnet run app.cs PICTURE):");
        output.WriteLine();
        // C# lets a line break between words, but not within a text.
        foreach (string line in TextFor(pipelineFile).Split(Environment.NewLine))
        {
            foreach (string part in WordWrap.Lines(line, output.Layout.Width, quotes: "\"")) output.WriteAsIs(part + Environment.NewLine);
        }
    }

    /// <summary>The text of the program.</summary>
    public string TextFor(string pipelineFile) => $$"""
        #:package Tips.MLNet@{{typeof(TipsModel).Assembly.GetName().Version!.ToString(fieldCount: 3)}}
        #:package Microsoft.ML.OnnxRuntime@{{OnnxRuntimeVersion}}
        #:property PublishAot=false
        using Microsoft.ML;
        var ml = new MLContext();
        var model = ml.Model.Load({{Literal(pipelineFile)}}, out _);
        using var engine = ml.Model.CreatePredictionEngine<Photo, Result>(model);
        var result = engine.Predict(new Photo { Path = args[0] });
        Console.WriteLine($"{{Message}}");
        class Photo { public string Path = ""; }
        class Result { {{Members}} }
        """.ReplaceLineEndings();

    // Visible characters of ASCII as they are, others as \u, so that no file name ends the string or changes the terminal.
    private static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (char c in text)
        {
            if (c is '"' or '\\') literal.Append('\\').Append(c);
            else if (c is >= ' ' and <= '~' || char.IsLetterOrDigit(c)) literal.Append(c);
            else literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return literal.Append('"').ToString();
    }
}
