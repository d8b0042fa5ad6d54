using System.CommandLine;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Options that several samples share.</summary>
internal static class SampleOptions
{
    public static Option<string?> Model()
        => Folder("--model", "Model folder made by tips-onnx-export. Default: the tiny model that comes with the samples.");

    public static Option<string?> ClassFolders()
        => Folder("--images", "Folder with one subfolder of pictures per class. Default: the drawings that come with the samples.");

    public static Option<string?> Pictures()
        => Folder("--images", "Folder of pictures, including its subfolders. Default: the drawings that come with the samples.");

    public static Option<string[]> Templates(string description)
    {
        var template = new Option<string[]>("--template")
        {
            Description = description,
            HelpName = "TEXT",
            AllowMultipleArgumentsPerToken = false,
        };
        template.Validators.Add(result =>
        {
            var bad = result.Tokens.FirstOrDefault(t => !t.Value.Contains("{}", StringComparison.Ordinal));
            if (bad is not null) result.AddError($"--template '{bad.Value}' has no {{}} for the class name.");
        });
        return template;
    }

    public static Option<string> Output(string description, string defaultFile)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = description,
            HelpName = "FILE",
            DefaultValueFactory = _ => defaultFile,
        };
        option.RequireText();
        return option;
    }

    private static Option<string?> Folder(string name, string description) => Path(name, description, "DIR");

    /// <summary>A file or a folder that may be left out.</summary>
    public static Option<string?> Path(string name, string description, string helpName)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.RequireText();
        return option;
    }
}
