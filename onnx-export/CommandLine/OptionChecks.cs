using System.CommandLine;

namespace Tips.CommandLine;

/// <summary>Checks that several commands share.</summary>
internal static class OptionChecks
{
    /// <summary>Rejects an empty value, which is what a script passes when one of its variables is not set.</summary>
    public static void RequireText(this Option option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value)))
            result.AddError($"{option.Name} is empty, expected {option.HelpName}.");
    });
}
