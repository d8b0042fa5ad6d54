using System.CommandLine;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;

namespace Tips.OnnxExport.Commands;

/// <summary>The options of the verbs that download.</summary>
internal sealed class DownloadOptionSet
{
    private const int MostConnections = 16;

    private readonly Argument<string> _name = new("NAME") { Description = "Name of a released model, as 'list' shows it." };
    private readonly Option<ReleaseLayout> _layout = new("--layout") { Description = "Which release of the weights: pytorch or scenic. Default: pytorch.", HelpName = "pytorch|scenic" };
    private readonly Option<bool> _noText = new("--no-text") { Description = "The image encoder only." };
    private readonly Option<string> _baseUrl = new("--base-url") { Description = $"Address of a mirror. Default: {ReleaseCatalogue.DefaultBaseAddress}", HelpName = "URL" };
    private readonly Option<DirectoryInfo> _cache = CreateCache();
    private readonly Option<int> _connections = new("--connections") { Description = "Parts of a file that are fetched at once.", HelpName = "N", DefaultValueFactory = _ => 4 };
    private readonly Option<double> _timeout = new("--timeout") { Description = "Seconds without a byte before a connection is given up and tried again.", HelpName = "SECONDS", DefaultValueFactory = _ => 30 };

    /// <summary>Where downloads are kept.</summary>
    public static Option<DirectoryInfo> CreateCache()
    {
        var option = new Option<DirectoryInfo>("--cache") { Description = $"Folder that keeps downloads. Default: the variable {CacheFolder.Variable}, else the cache folder of the system.", HelpName = "DIR" };
        option.RequireText();
        return option;
    }

    public void AddTo(Command command)
    {
        _baseUrl.RequireText();
        _layout.AcceptOnlyFromAmong("pytorch", "scenic");
        _connections.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > MostConnections) result.AddError($"--connections must be 1 to {MostConnections}.");
        });
        _timeout.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is >= 0.1 and < 86_400)) result.AddError("--timeout must be a number of seconds, from 0.1 to a day.");
        });
        _baseUrl.Validators.Add(result =>
        {
            if (Address(result.GetValueOrDefault<string>()) is null) result.AddError("--base-url must be an address that begins with http:// or https://.");
        });
        command.Arguments.Add(_name);
        foreach (var option in (Option[])[_layout, _noText, _baseUrl, _cache, _connections, _timeout]) command.Options.Add(option);
    }

    public ReleasedModel Model(ParseResult parsed) => ReleaseCatalogue.Find(parsed.GetRequiredValue(_name));

    /// <summary>The files of a model: the image encoder and, unless they are not wanted, the text encoder and the tokenizer.</summary>
    public IReadOnlyList<ReleasedFile> Files(ParseResult parsed)
    {
        var (model, layout) = (Model(parsed), parsed.GetValue(_layout));
        return parsed.GetValue(_noText) ? [model.Vision(layout)] : [model.Vision(layout), model.Text(layout), ReleaseCatalogue.Tokenizer];
    }

    public DownloadOptions Options(ParseResult parsed, Action<string> note) => new()
    {
        BaseAddress = Address(parsed.GetValue(_baseUrl) ?? ReleaseCatalogue.DefaultBaseAddress)!,
        Cache = CacheFolder.Choose(parsed.GetValue(_cache)?.FullName),
        Connections = parsed.GetValue(_connections),
        Patience = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
        Note = note,
    };

    // With a slash at its end, so that paths go below it.
    private static Uri? Address(string? text)
        => Uri.TryCreate(text?.TrimEnd('/') + "/", UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) && address.Query.Length == 0 ? address : null;
}
