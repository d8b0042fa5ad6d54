using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace Tips.MLNet.Quality;

/// <summary>What tells files apart by their bytes: SHA-256. Thread-safe.</summary>
public static class FileDigests
{
    /// <summary>Computes the digests of files. They are read as streams, several at once.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The digests in the order of the files: 64 lower-case hexadecimal digits each.</returns>
    /// <exception cref="FileNotFoundException">A file is not there.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="ArgumentException">A path is null or empty.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static string[] Compute(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        string[] digests = new string[paths.Count];
        var failures = new ExceptionDispatchInfo?[paths.Count];
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, digests.Length, options, (i, loop) =>
        {
            try
            {
                digests[i] = Compute(paths[i], cancellationToken);
            }
            catch (Exception e)
            {
                failures[i] = ExceptionDispatchInfo.Capture(e);
                loop.Break(); // those before it still run, so that the first failure is the same one every time
            }
        });
        foreach (var failure in failures) failure?.Throw();
        return digests;
    }

    private static string Compute(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path, "paths");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
