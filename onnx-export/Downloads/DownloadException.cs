using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>A file cannot be downloaded. The message names the URL, what was found and what was expected.</summary>
internal class DownloadException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>A file or folder of the cache cannot be written.</summary>
    /// <param name="what">What it is, with its path.</param>
    /// <param name="cause">Why.</param>
    public static DownloadException Unwritable(string what, Exception cause) => new(
        $"{what} cannot be written: {cause.Message.TrimEnd('.')}. Choose another folder for downloads with --cache, or with the variable "
        + $"{CacheFolder.EnvironmentVariable}.",
        cause);
}

/// <summary>The server does not have the file, or refuses access to it (which some servers do for files that do not exist).</summary>
internal sealed class UnavailableException(string message, bool refused) : DownloadException(message)
{
    public bool Refused { get; } = refused;
}

/// <summary>The server now sends something different from when the download began, so the download must start over.</summary>
internal sealed class RemoteChangedException(string message) : DownloadException(message);

/// <summary>A failure that may pass: a lost connection, a busy server.</summary>
internal sealed class TransientDownloadException(string message, Exception? inner = null, TimeSpan? retryAfter = null)
    : DownloadException(message, inner)
{
    /// <summary>How long the server asks to wait, or null.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>The user canceled a download.</summary>
internal sealed class DownloadCanceledException(bool resumable, CancellationToken cancellationToken)
    : WorkCanceledException($"canceled; {(resumable ? Resumable : NotResumable)}", cancellationToken)
{
    private const string Resumable = "the part downloaded so far is kept, and the same command resumes from there";

    private const string NotResumable = "the server does not send parts of a file, so the same command starts over";
}
