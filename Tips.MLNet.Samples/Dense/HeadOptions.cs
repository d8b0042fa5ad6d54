using System.CommandLine;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Options of samples that need a model with heads: the tiny model has none.</summary>
internal static class HeadOptions
{
    public static Option<string> Model() => Required(
        "--model", "Model folder with heads, such as 'tips-onnx-export get v2-b14 --heads' makes. (The tiny model has none.)", "DIR");

    public static Option<string> Images() => Required("--images", "A picture, or a folder of them.", "FILE_OR_DIR");

    private static Option<string> Required(string name, string description, string helpName)
    {
        var option = new Option<string>(name) { Description = description, HelpName = helpName, Required = true };
        option.RequireText();
        return option;
    }
}
