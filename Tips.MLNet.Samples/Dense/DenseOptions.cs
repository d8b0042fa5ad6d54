using System.CommandLine;
using System.CommandLine.Parsing;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Options that the samples of patches share: the folder of results, and in what size pictures are seen.</summary>
/// <param name="canPad">Whether pictures may be padded, so that patches lie elsewhere than in the picture.</param>
internal sealed class DenseOptions(bool canPad = false)
{
    private readonly Option<int?> _shortSide = Number("--short-side", "Keep the aspect ratio and resize the shorter side to N pixels.");
    private readonly Option<bool> _unresized = new("--as-is") { Description = "Do not resize: the sides must be multiples of 14." };
    private readonly Option<bool> _pad = new("--pad") { Description = "With --as-is, put black around pictures of other sizes." };
    private readonly Option<bool> _windows = new("--windows") { Description = "Go window by window, for pictures of any size." };
    private readonly Option<int?> _window = Number("--window", "Side of a window. Default: the model's own size.");
    private readonly Option<int?> _stride = Number("--stride", "Pixels from one window to the next. Default: three quarters of a window.");

    public static Option<string?> Images()
    {
        var option = new Option<string?>("--images")
        {
            Description = "A picture, or a folder of them. Default: collages of the drawings that come with the samples.",
            HelpName = "FILE_OR_DIR",
        };
        option.RequireText();
        return option;
    }

    public static Option<string> Output(string defaultFolder, string what)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = $"Folder for {what}. It is created if it does not exist.",
            HelpName = "DIR",
            DefaultValueFactory = _ => defaultFolder,
        };
        option.RequireText();
        return option;
    }

    /// <summary>Adds the sizes to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options = [_shortSide, _unresized, _windows, _window, _stride];
        foreach (var option in canPad ? [.. options, _pad] : options) command.Options.Add(option);
        command.Validators.Add(Check);
    }

    /// <summary>
    /// The size that was asked for; by default the model's own, but the bundled collages are larger than the tiny model's.
    /// </summary>
    public PatchInput Input(ParseResult parsed, bool isBundled)
    {
        var (shortSide, windows) = (parsed.GetValue(_shortSide), parsed.GetValue(_windows));
        if (windows) return PatchInput.Windows(parsed.GetValue(_window), parsed.GetValue(_stride), shortSide);
        if (shortSide is { } side) return PatchInput.ShortSide(side);
        return parsed.GetValue(_unresized) || isBundled ? PatchInput.AsIs(canPad && parsed.GetValue(_pad)) : PatchInput.ModelSize;
    }

    private void Check(CommandResult result)
    {
        bool hasWindows = result.GetValue(_windows), unresized = result.GetValue(_unresized);
        if (unresized && (hasWindows || result.GetResult(_shortSide) is not null))
            result.AddError("--as-is is without --short-side and --windows.");
        if (canPad && result.GetValue(_pad) && !unresized) result.AddError("--pad is for --as-is.");
        if (!hasWindows && (result.GetResult(_window) is not null || result.GetResult(_stride) is not null))
            result.AddError("--window and --stride are for --windows.");
    }

    public static Option<int?> Number(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out int value) && value > 0))
                result.AddError($"{name} is '{result.Tokens[0].Value}', expected a positive number.");
        });
        return option;
    }
}
