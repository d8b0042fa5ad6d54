using Tips.MLNet.Models;

namespace Tips.MLNet;

/// <summary>What is different from how a pipeline was saved, on the machine where it is loaded. Immutable.</summary>
public sealed record TipsLoadOptions
{
    private static readonly AsyncLocal<TipsLoadOptions?> Ambient = new();

    /// <summary>Replaces the execution options saved with the pipeline; null keeps them.</summary>
    public TipsModelOptions? ModelOptions { get; init; }

    /// <summary>
    /// Where to look for the model folders that the pipeline refers to, before the paths saved with it; empty by default. Each model takes
    /// the first folder that holds its own manifest, so one list serves a pipeline of several models.
    /// </summary>
    public IReadOnlyList<string> ModelFolders { get; init => field = [.. value]; } = [];

    /// <summary>The options of the load under way. ML.NET passes no arguments to a component's loader, so they travel beside it.</summary>
    internal static TipsLoadOptions Current => Ambient.Value ?? new TipsLoadOptions();

    internal T Use<T>(Func<T> load)
    {
        var outer = Ambient.Value;
        Ambient.Value = this;
        try
        {
            return load();
        }
        finally
        {
            Ambient.Value = outer;
        }
    }
}
