using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>A file cannot be downloaded. The message names the address, what was found and what was expected.</summary>
internal class DownloadException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>The server has no such file, or says that it is not for us (which some say of files that are not there).</summary>
internal sealed class UnavailableException(string message, bool refused) : DownloadException(message)
{
    public bool Refused { get; } = refused;
}

/// <summary>What the server sends is no longer what was begun; the download has to start again.</summary>
internal sealed class RemoteChangedException(string message) : DownloadException(message);

/// <summary>A fault that may pass: a lost connection, a busy server.</summary>
internal sealed class TransientDownloadException(string message, Exception? inner = null, TimeSpan? retryAfter = null) : DownloadException(message, inner)
{
    /// <summary>What the server asks to wait.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>A download was ended by the user.</summary>
internal sealed class DownloadCancelledException(bool kept, CancellationToken cancellationToken)
    : WorkCancelledException(kept ? "cancelled; what was downloaded is kept, and the same command goes on from there" : "cancelled; the server does not send parts of a file, so the same command begins it again", cancellationToken);
