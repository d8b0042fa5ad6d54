using System.CommandLine;
using System.CommandLine.Parsing;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>The options of the verbs that download.</summary>
internal sealed class DownloadOptionSet
{
    private const int MostConnections = 16;

    private readonly Argument<string> _name = new("NAME") { Description = "Name of a released model, as 'list' shows it." };
    private readonly Option<ReleaseLayout> _layout = new("--layout")
    {
        Description = "Which release of the weights: pytorch or scenic. Default: pytorch.",
        HelpName = "pytorch|scenic",
    };
    private readonly Option<bool> _noText = new("--no-text") { Description = "The image encoder only." };
    private readonly Option<bool> _noVision = new("--no-vision") { Description = "The text encoder only." };
    private readonly Option<bool> _heads = new("--heads")
    {
        Description = "With the heads for depth, normals and segmentation, which the TIPSv2 models have.",
    };
    private readonly Option<string> _baseUrl = new("--base-url")
    {
        Description = $"Address of a mirror. Default: {ReleaseCatalog.DefaultBaseAddress}",
        HelpName = "URL",
    };
    private readonly Option<DirectoryInfo> _cache = CreateCache();
    private readonly Option<double?> _connections = NumberOption.Create(
        "--connections",
        $"Parts of a file that are fetched at once, 1 to {MostConnections}. Default: {DownloadOptions.DefaultConnections}.",
        "N",
        $"a whole number from 1 to {MostConnections}",
        v => v is >= 1 and <= MostConnections && v == Math.Floor(v));
    private readonly Option<double?> _timeout = NumberOption.Create(
        "--timeout",
        "Seconds without a byte before a connection is given up and tried again. Default: "
        + $"{DownloadOptions.DefaultIdleTimeout.TotalSeconds}.",
        "SECONDS",
        "a number of seconds, from 0.1 to a day",
        v => v is >= 0.1 and < 86_400);

    /// <summary>Where downloads are kept.</summary>
    public static Option<DirectoryInfo> CreateCache()
    {
        var option = new Option<DirectoryInfo>("--cache")
        {
            Description =
                $"Folder that keeps downloads. Default: the variable {CacheFolder.EnvironmentVariable}, else the cache folder of the "
                + "system.",
            HelpName = "DIR",
        };
        option.RequireText();
        return option;
    }

    public void AddTo(Command command)
    {
        _baseUrl.RequireText();
        _layout.AcceptOnlyFromAmong("pytorch", "scenic");
        _name.Validators.Add(result =>
        {
            string name = result.Tokens.Count == 0 ? "" : result.Tokens[0].Value;
            if (ReleaseCatalog.TryFind(name) is null)
            {
                result.AddError(
                    $"There is no released model '{name}'; the names are {string.Join(", ", ReleaseCatalog.Models.Select(m => m.Name))}.");
            }
        });
        _baseUrl.Validators.Add(result =>
        {
            if (Address(result.GetValueOrDefault<string>()) is null)
            {
                result.AddError(
                    "--base-url must be an address that begins with http:// or https://, without a user, a query or a fragment.");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(_noText) && result.GetValue(_noVision))
                result.AddError("--no-text and --no-vision leave nothing: give one of them.");
            if (result.GetValue(_heads) && result.GetValue(_noVision))
                result.AddError("--heads are for an image encoder: leave out --no-vision, or it.");
            string name = result.GetResult(_name)?.Tokens is [var token, ..] ? token.Value : "";
            if (result.GetValue(_heads) && ReleaseCatalog.TryFind(name) is { HasHeads: false } model)
            {
                string others = string.Join(", ", ReleaseCatalog.Models.Where(m => m.HasHeads).Select(m => m.Name));
                result.AddError($"{model.Name} has no heads; the models with heads are {others}.");
            }
        });
        command.Arguments.Add(_name);
        foreach (var option in (Option[])[_layout, _noText, _noVision, _heads, _baseUrl, _cache, _connections, _timeout])
            command.Options.Add(option);
    }

    public ReleasedModel Model(ParseResult parsed) => ReleaseCatalog.TryFind(parsed.GetRequiredValue(_name))!;

    public bool WantsImages(ParseResult parsed) => !parsed.GetValue(_noVision);

    public bool WantsText(ParseResult parsed) => !parsed.GetValue(_noText);

    public bool WantsHeads(ParseResult parsed) => parsed.GetValue(_heads);

    public bool IsWithoutImages(CommandResult result) => result.GetValue(_noVision);

    /// <summary>The files of a model: of each encoder that is wanted, with the text encoder the tokenizer, and last the heads.</summary>
    public IReadOnlyList<ReleasedFile> Files(ParseResult parsed)
    {
        var (model, layout) = (Model(parsed), parsed.GetValue(_layout));
        ReleasedFile[] vision = WantsImages(parsed) ? [model.Vision(layout)] : [];
        ReleasedFile[] text = WantsText(parsed) ? [model.Text(layout), ReleaseCatalog.Tokenizer] : [];
        ReleasedFile[] heads = WantsHeads(parsed) ? [.. HeadTasks.All.Select(task => model.Head(task.Name()))] : [];
        return [.. vision, .. text, .. heads];
    }

    public DownloadOptions Options(ParseResult parsed, Action<string> note) => new()
    {
        BaseAddress = Address(parsed.GetValue(_baseUrl) ?? ReleaseCatalog.DefaultBaseAddress)!,
        Cache = CacheFolder.Choose(parsed.GetValue(_cache)?.FullName),
        Connections = (int)(parsed.GetValue(_connections) ?? DownloadOptions.DefaultConnections),
        IdleTimeout = parsed.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : DownloadOptions.DefaultIdleTimeout,
        Log = note,
    };

    // With a slash at its end, so that paths go below it.
    private static Uri? Address(string? text)
        => Uri.TryCreate(text?.TrimEnd('/') + "/", UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address is { Query: "", Fragment: "", UserInfo: "" }
            ? address
            : null;
}
