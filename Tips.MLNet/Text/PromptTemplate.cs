using System.Diagnostics.CodeAnalysis;

namespace Tips.MLNet;

/// <summary>
/// Turns a label into a prompt. A text with <c>{}</c> in it, or a function, converts implicitly where a template is expected.
/// </summary>
/// <remarks>
/// <para>The conversions never throw: a text without <c>{}</c> causes an error when the template is used. Use
/// <see cref="Create(string)"/> to check a text at once.</para>
/// <para>Immutable, and thread-safe if the function is.</para>
/// </remarks>
[SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "The alternates are the Create methods.")]
public sealed class PromptTemplate
{
    private const string Placeholder = "{}";

    private readonly Func<string, string> _fill;

    private PromptTemplate(Func<string, string> fill) => _fill = fill;

    /// <summary>One template, which is the label and nothing else.</summary>
    public static IReadOnlyList<PromptTemplate> LabelOnly { get; } = [Placeholder];

    /// <summary>The nine templates of the reference's zero-shot segmentation demo.</summary>
    public static IReadOnlyList<PromptTemplate> Reference { get; } =
    [
        "itap of a {}.", "a bad photo of a {}.", "a origami {}.", "a photo of the large {}.", "a {} in a video game.",
        "art of the {}.", "a photo of the small {}.", "a photo of many {}.", "a photo of {}s.",
    ];

    /// <summary>Converts a text without checking it.</summary>
    /// <param name="text">The text; the label replaces every <c>{}</c> in it.</param>
    public static implicit operator PromptTemplate(string text) => new(label => FillText(text, label));

    /// <summary>Converts a function.</summary>
    /// <param name="fill">Returns the prompt for a label.</param>
    public static implicit operator PromptTemplate(Func<string, string> fill)
        => new(fill ?? (_ => throw new ArgumentNullException(nameof(fill))));

    /// <summary>Creates a template from a text and checks it.</summary>
    /// <param name="text">The text; the label replaces every <c>{}</c> in it.</param>
    /// <returns>The template.</returns>
    /// <exception cref="ArgumentException">The text has no <c>{}</c>.</exception>
    public static PromptTemplate Create(string text)
    {
        Check(text);
        return text;
    }

    /// <summary>Creates a template from a function.</summary>
    /// <param name="fill">Returns the prompt for a label.</param>
    /// <returns>The template.</returns>
    public static PromptTemplate Create(Func<string, string> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        return fill;
    }

    /// <summary>Returns the prompt for a label.</summary>
    /// <param name="label">The label.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="ArgumentException">The template was converted from a text without <c>{}</c>.</exception>
    public string Fill(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return _fill(label);
    }

    private static string FillText(string text, string label)
    {
        Check(text);
        return text.Replace(Placeholder, label, StringComparison.Ordinal);
    }

    private static void Check(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains(Placeholder, StringComparison.Ordinal))
            throw new ArgumentException($"The template '{text}' has no {Placeholder} for the label.", nameof(text));
    }
}
