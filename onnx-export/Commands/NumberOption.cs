using System.CommandLine;
using System.Globalization;

namespace Tips.OnnxExport.Commands;

/// <summary>
/// Options that take a number: anything else, or a number out of range, is wrong usage, and the message says what is expected.
/// </summary>
internal static class NumberOption
{
    public static Option<double?> Create(string name, string description, string helpName, string expected, Func<double, bool> accepts)
        => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && accepts(value))
                    return value;
                result.AddError($"{name} '{text}' must be {expected}.");
                return null;
            },
        };
}
