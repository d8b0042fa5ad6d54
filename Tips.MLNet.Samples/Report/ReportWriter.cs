using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Report;

/// <summary>
/// Writes a <see cref="ReportPage"/> as one HTML file. Style, scripts and pictures are in it, and its content security policy lets a
/// browser run these scripts only and load nothing.
/// </summary>
internal static class ReportWriter
{
    /// <summary>
    /// What a command that has <see cref="SampleOptions.Report"/> calls at its end: writes the file and says so, or does nothing.
    /// </summary>
    public static void WriteIfWanted(SampleContext context, Func<ReportPage> page, CancellationToken cancellationToken)
    {
        if (context.ReportFile is not { } file) return;
        Write(context, page(), file, cancellationToken);
        context.Report.WriteLine($"The report is '{Printable.Escape(file)}'.");
    }

    /// <summary>Writes the file; an older one is replaced only when the new one is complete.</summary>
    /// <param name="context">Opens pictures for thumbnails.</param>
    /// <param name="page">The report.</param>
    /// <param name="file">The file.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static void Write(SampleContext context, ReportPage page, string file, CancellationToken cancellationToken)
    {
        string html = Render(context, page, DateTimeOffset.Now, cancellationToken);
        OutputFile.Write(file, partial => File.WriteAllText(partial, html, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));
    }

    /// <summary>The same as text.</summary>
    public static string Render(SampleContext context, ReportPage page, DateTimeOffset date, CancellationToken cancellationToken)
    {
        ThumbnailRequest[] requests = [.. page.Sections.SelectMany(section => section.Parts).SelectMany(part => part.Thumbnails)];
        string folder = ReportResources.CommonFolder([.. requests.Select(request => request.Path).Distinct(StringComparer.Ordinal)]);
        var resources = new ReportResources(Thumbnails.Make(context, requests, cancellationToken), folder);
        var body = new HtmlText();
        WriteBody(body, page, resources, folder, date);

        string style = Resource("report.css");
        string[] scripts = resources.HasMap ? [Resource("umap-js.min.js"), Resource("report.js")] : [];
        string policy = string.Join("; ",
            "default-src 'none'", "img-src data:", $"style-src {Hash(style)}",
            scripts.Length == 0 ? "script-src 'none'" : $"script-src {string.Join(' ', scripts.Select(Hash))}",
            "base-uri 'none'", "form-action 'none'");
        var html = new HtmlText();
        html.Raw("<!DOCTYPE html>\n").Open("html", ("lang", "en")).Open("head");
        html.Empty("meta", ("charset", "utf-8"));
        html.Raw($"<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n");
        html.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        html.Empty("meta", ("name", "color-scheme"), ("content", "light dark"));
        html.Empty("link", ("rel", "icon"), ("href", "data:,"));
        html.Element("title", page.Title);
        html.Open("style").Raw(style).Close().Close();
        html.Open("body").Raw(body.ToString());
        if (scripts.Length > 0) html.Raw($"<!--\n{Resource("NOTICE.txt")}-->\n");
        foreach (string script in scripts) html.Open("script").Raw(script).Close();
        return html.Close().Close().ToString();
    }

    private static void WriteBody(HtmlText html, ReportPage page, ReportResources resources, string folder, DateTimeOffset date)
    {
        html.Element("a", "Skip to the report", ("class", "skip"), ("href", "#report"));
        html.Open("header").Element("p", "Tips.MLNet", ("class", "maker")).Element("h1", page.Title);
        if (page.Lead.Length > 0) html.Element("p", page.Lead, ("class", "lead"));
        html.Open("dl", ("class", "facts"));
        var written = new ReportFact("Date", date.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture));
        ReportFact[] where = folder.Length > 0 ? [new("Folder", folder)] : [];
        foreach (var fact in (IEnumerable<ReportFact>)[.. page.Facts, written, .. where])
            html.Open("div").Element("dt", fact.Name).Element("dd", fact.Value).Close();
        html.Close().Close();

        html.Open("nav", ("aria-label", "Sections")).Open("ul");
        for (int i = 0; i < page.Sections.Count; i++)
            html.Open("li").Element("a", page.Sections[i].Title, ("href", $"#{SectionId(i)}")).Close();
        html.Close().Close();

        html.Open("main", ("id", "report"));
        for (int i = 0; i < page.Sections.Count; i++)
        {
            html.Open("section", ("id", SectionId(i)), ("aria-labelledby", SectionId(i) + "-title"));
            html.Element("h2", page.Sections[i].Title, ("id", SectionId(i) + "-title"));
            foreach (var part in page.Sections[i].Parts) part.Write(html, resources);
            html.Close();
        }

        html.Close();
        html.Open("footer").Element("p", "This file is complete in itself and loads nothing from anywhere.").Close();
    }

    private static string SectionId(int index) => string.Create(CultureInfo.InvariantCulture, $"section-{index + 1}");

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"Resource '{name}' is missing.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
