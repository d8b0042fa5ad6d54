using System.CommandLine;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Options that several samples have.</summary>
internal static class SampleOptions
{
    public static Option<string?> Model()
    {
        var option = new Option<string?>("--model") { Description = "Model folder made by tips-onnx-export. Default: the small model that comes with the samples.", HelpName = "DIR" };
        option.RequireText();
        return option;
    }

    public static Option<string?> ClassFolders()
    {
        var option = new Option<string?>("--images") { Description = "Folder with one subfolder of pictures for each class. Default: the drawings that come with the samples.", HelpName = "DIR" };
        option.RequireText();
        return option;
    }

    public static Option<string?> Pictures()
    {
        var option = new Option<string?>("--images") { Description = "Folder of pictures, with its subfolders. Default: the drawings that come with the samples.", HelpName = "DIR" };
        option.RequireText();
        return option;
    }

    public static Option<string> Output(string description, string defaultFile)
    {
        var option = new Option<string>("--output", "-o") { Description = description, HelpName = "FILE", DefaultValueFactory = _ => defaultFile };
        option.RequireText();
        return option;
    }
}
