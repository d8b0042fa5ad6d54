namespace Tips.MLNet;

/// <summary>
/// Turns the name of a class into a prompt. Made from a text with <c>{}</c> in it or from a function; both convert implicitly where a template is expected.
/// Immutable and, if the function is, thread-safe.
/// </summary>
public sealed class PromptTemplate
{
    private const string Place = "{}";

    private readonly Func<string, string> _fill;

    /// <summary>Makes a template of a text.</summary>
    /// <param name="text">The text; every <c>{}</c> in it becomes the label.</param>
    /// <exception cref="ArgumentException">The text has no <c>{}</c>.</exception>
    public PromptTemplate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains(Place, StringComparison.Ordinal)) throw new ArgumentException($"The template '{text}' has no {Place} for the label.", nameof(text));
        _fill = label => text.Replace(Place, label, StringComparison.Ordinal);
    }

    /// <summary>Makes a template of a function.</summary>
    /// <param name="fill">Gives the prompt for a label.</param>
    public PromptTemplate(Func<string, string> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        _fill = fill;
    }

    /// <summary>The label itself and nothing else.</summary>
    public static IReadOnlyList<PromptTemplate> LabelOnly { get; } = [Place];

    /// <summary>The nine templates of TIPS's own zero-shot segmentation demo.</summary>
    public static IReadOnlyList<PromptTemplate> Reference { get; } =
    [
        "itap of a {}.", "a bad photo of a {}.", "a origami {}.", "a photo of the large {}.", "a {} in a video game.", "art of the {}.", "a photo of the small {}.",
        "a photo of many {}.", "a photo of {}s.",
    ];

    /// <summary>A text is a template.</summary>
    /// <param name="text">The text, with <c>{}</c> for the label.</param>
    public static implicit operator PromptTemplate(string text) => new(text);

    /// <summary>A function is a template.</summary>
    /// <param name="fill">Gives the prompt for a label.</param>
    public static implicit operator PromptTemplate(Func<string, string> fill) => new(fill);

    /// <summary>The same as the conversion.</summary>
    /// <param name="text">The text, with <c>{}</c> for the label.</param>
    /// <returns>The template.</returns>
    public static PromptTemplate FromString(string text) => new(text);

    /// <summary>The same as the conversion.</summary>
    /// <param name="fill">Gives the prompt for a label.</param>
    /// <returns>The template.</returns>
    public static PromptTemplate FromFunc(Func<string, string> fill) => new(fill);

    /// <summary>The prompt for a label.</summary>
    /// <param name="label">The label.</param>
    /// <returns>The prompt.</returns>
    public string Fill(string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        return _fill(label);
    }
}
