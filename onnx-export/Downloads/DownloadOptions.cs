namespace Tips.OnnxExport.Downloads;

/// <summary>How files are downloaded.</summary>
internal sealed record DownloadOptions
{
    public const int DefaultConnections = 4;

    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    /// <summary>Address that the paths of <see cref="ReleasedFile"/> are below; ends in '/'.</summary>
    public required Uri BaseAddress { get; init; }

    public required CacheFolder Cache { get; init; }

    /// <summary>Ranges fetched at once.</summary>
    public int Connections { get; init; } = DefaultConnections;

    /// <summary>Bytes of one range.</summary>
    public long ChunkLength { get; init; } = 16 << 20;

    /// <summary>Longest time without a byte before a connection is given up.</summary>
    public TimeSpan Patience { get; init; } = DefaultPatience;

    /// <summary>Attempts after the first, of which none gets on, before a file is given up.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>Wait before the first of them; doubled each time, with some chance in it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait; a server that asks for more is not waited for.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes free at a path; null asks the system.</summary>
    public Func<string, long>? FreeBytes { get; init; }

    /// <summary>Told what is out of the ordinary: a retry, a wait, a file without checksums.</summary>
    public Action<string>? Note { get; init; }
}
