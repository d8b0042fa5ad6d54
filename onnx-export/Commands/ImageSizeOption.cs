using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Tips.OnnxExport.Commands;

/// <summary><c>--image-size</c>.</summary>
internal static class ImageSizeOption
{
    public static Option<(int Height, int Width)?> Create() => new("--image-size")
    {
        Description =
            "Input size in pixels, N or HEIGHTxWIDTH, multiples of 14. Default: the resolution a released checkpoint was trained at, "
            + "what the configuration of a Hugging Face repository tells, or the checkpoint's own position grid.",
        HelpName = "N",
        CustomParser = Parse,
    };

    private static (int Height, int Width)? Parse(ArgumentResult result)
    {
        string[] parts = result.Tokens[0].Value.Split('x');
        int[] sides = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side : 0)];
        if (sides.Length is 1 or 2 && sides.All(s => s > 0)) return (sides[0], sides[^1]);
        result.AddError($"--image-size '{result.Tokens[0].Value}' must be N or HEIGHTxWIDTH, such as 448 or 336x504.");
        return null;
    }
}
