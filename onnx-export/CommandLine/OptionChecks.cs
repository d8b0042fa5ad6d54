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

    /// <summary>Rejects an empty value, and one that was meant as an option: a file of such a name can be given as ./NAME.</summary>
    public static void RequirePath(this Argument argument) => argument.Validators.Add(result =>
    {
        foreach (var token in result.Tokens)
        {
            if (string.IsNullOrWhiteSpace(token.Value)) result.AddError($"{argument.Name} is empty, expected a path.");
            else if (token.Value.StartsWith('-')) result.AddError($"Unrecognized option '{token.Value}'.");
        }
    });
}
