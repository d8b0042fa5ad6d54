using System.Net;
using System.Text;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Report;

/// <summary>Writes HTML. Names of tags and attributes come from this program; all text and all values of attributes are escaped.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _html = new();
    private readonly Stack<string> _open = new();

    public override string ToString() => _html.ToString();

    /// <summary>An opening tag; <see cref="Close"/> closes the innermost. An attribute whose value is null is left out.</summary>
    public HtmlText Open(string tag, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Tag(tag, attributes);
        _open.Push(tag);
        return this;
    }

    public HtmlText Close()
    {
        _html.Append("</").Append(_open.Pop()).Append(">\n");
        return this;
    }

    /// <summary>An element without content, such as an image.</summary>
    public HtmlText Empty(string tag, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Tag(tag, attributes);
        return this;
    }

    /// <summary>An element with text.</summary>
    public HtmlText Element(string tag, string text, params ReadOnlySpan<(string Name, string? Value)> attributes)
        => Open(tag, attributes).Text(text).Close();

    public HtmlText Text(string text)
    {
        _html.Append(Escape(text));
        return this;
    }

    /// <summary>Text that is part of this program or escaped already, such as a script.</summary>
    public HtmlText Raw(string html)
    {
        _html.Append(html);
        return this;
    }

    // What moves a terminal's cursor also reorders a line of HTML.
    private static string Escape(string text) => WebUtility.HtmlEncode(Printable.Escape(text));

    private void Tag(string tag, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        _html.Append('<').Append(tag);
        foreach (var (name, value) in attributes)
        {
            if (value is null) continue;
            _html.Append(' ').Append(name);
            if (value.Length > 0) _html.Append("=\"").Append(Escape(value)).Append('"');
        }

        _html.Append('>');
    }
}
