namespace Tips.OnnxExport.Downloads;

/// <summary>How files are downloaded.</summary>
internal sealed record DownloadOptions
{
    public const int DefaultConnections = 4;

    public static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The URL that the paths of <see cref="ReleasedFile"/> are relative to; ends in '/'.</summary>
    public required Uri BaseAddress { get; init; }

    public required CacheFolder Cache { get; init; }

    /// <summary>Number of ranges downloaded at the same time.</summary>
    public int Connections { get; init; } = DefaultConnections;

    /// <summary>Bytes per range.</summary>
    public long ChunkLength { get; init; } = 16 << 20;

    /// <summary>How long a connection may go without receiving a byte before it is dropped.</summary>
    public TimeSpan IdleTimeout { get; init; } = DefaultIdleTimeout;

    /// <summary>How many retries in a row may fail without progress before the download is given up.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>Wait before the first retry. The wait doubles each time, with some jitter.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait. If a server asks for more, the download fails.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets the free bytes at a path; null to ask the system.</summary>
    public Func<string, long>? FreeBytes { get; init; }

    /// <summary>Receives messages about anything unusual: a retry, a wait, a file without checksums.</summary>
    public Action<string>? Log { get; init; }
}
