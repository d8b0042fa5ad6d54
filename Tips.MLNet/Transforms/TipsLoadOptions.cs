namespace Tips.MLNet;

/// <summary>How to load a saved pipeline when something has changed since it was saved. Immutable.</summary>
public sealed class TipsLoadOptions
{
    /// <summary>
    /// Environment variable with folders to look for models in, separated as in <c>PATH</c>. Each may be a model folder, or hold model
    /// folders.
    /// </summary>
    public const string ModelFoldersVariable = "TIPS_MODEL_FOLDERS";

    private static readonly AsyncLocal<TipsLoadOptions?> Ambient = new();

    /// <summary>
    /// The options of every load that is given none: of ML.NET's own <c>mlContext.Model.Load</c>, and of prediction engine pools. Set it
    /// once, when the program starts. Thread-safe. (What goes wrong in such a load, ML.NET wraps into a
    /// <see cref="System.Reflection.TargetInvocationException"/>; <see cref="Exception.GetBaseException"/> has the cause.)
    /// </summary>
    public static TipsLoadOptions Default
    {
        get => Volatile.Read(ref field);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Volatile.Write(ref field, value);
        }
    } = new();

    /// <summary>Replaces the model options saved with the pipeline; null keeps them.</summary>
    public TipsModelOptions? ModelOptions { get; init; }

    /// <summary>
    /// Where pipelines keep embeddings between runs; nowhere if null, the default. The caller owns it, and disposes it after the pipelines.
    /// See <see cref="TipsImageEmbeddingOptions.Store"/>.
    /// </summary>
    public EmbeddingStore? Store { get; init; }

    /// <summary>
    /// Where to look for the models that the pipeline refers to: model folders, or folders that hold some. They come before those of
    /// <see cref="ModelFoldersVariable"/>, and both before the paths saved with the pipeline. Each model takes the first folder that holds
    /// its own manifest, so one list serves many models. Empty by default.
    /// </summary>
    public IReadOnlyList<string> ModelFolders
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Any(string.IsNullOrEmpty)) throw new ArgumentException("A model folder is null or empty.", nameof(value));
            field = [.. value];
        }
    } = [];

    /// <summary>The options of the load in progress. ML.NET passes no arguments to a component's loader, so they are passed here.</summary>
    internal static TipsLoadOptions Current => Ambient.Value ?? Default;

    /// <summary>Loads something with these options.</summary>
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
