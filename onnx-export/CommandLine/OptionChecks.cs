using System.CommandLine;

namespace Tips.CommandLine;

/// <summary>Checks of options that several verbs want.</summary>
internal static class OptionChecks
{
    /// <summary>Refuses an empty value, which a script passes when one of its variables is not set.</summary>
    public static void RequireText(this Option option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value))) result.AddError($"{option.Name} is empty, expected {option.HelpName}.");
    });
}
