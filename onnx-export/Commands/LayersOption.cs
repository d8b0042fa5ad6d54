using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Tips.OnnxExport.Commands;

/// <summary><c>--layers</c>.</summary>
internal static class LayersOption
{
    public static Option<int[]?> Create() => new("--layers")
    {
        Description =
            "Blocks of the image encoder, from 0 and separated by commas, whose tokens the model gives besides those of the last, such as "
            + "2,5,8,11. Default: none.",
        HelpName = "N,N",
        CustomParser = Parse,
    };

    private static int[]? Parse(ArgumentResult result)
    {
        string[] parts = result.Tokens[0].Value.Split(',');
        int[] layers = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer : -1)];
        if (!layers.Contains(-1)) return layers;
        result.AddError($"--layers '{result.Tokens[0].Value}' must be numbers from 0, separated by commas, such as 2,5,8,11.");
        return null;
    }
}
