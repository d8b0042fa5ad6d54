using Polly;
using Polly.Retry;

namespace Tips.OnnxExport.Downloads;

/// <summary>Retries what may succeed later, with growing waits.</summary>
internal sealed class RetryPolicy(DownloadOptions options)
{
    /// <param name="attempt">One attempt.</param>
    /// <param name="resumable">Whether the next attempt or run can resume from what this one has downloaded, for the message.</param>
    /// <param name="cancellationToken">Cancels attempts and waits.</param>
    /// <exception cref="DownloadException">No attempt succeeded, or the server asks for too long a wait.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> attempt, bool resumable, CancellationToken cancellationToken)
    {
        var pipeline = new ResiliencePipelineBuilder<T>().AddRetry(new RetryStrategyOptions<T>
        {
            ShouldHandle = new PredicateBuilder<T>().Handle<TransientDownloadException>(e => !WaitIsTooLong(e)),
            MaxRetryAttempts = options.Retries,
            Delay = options.FirstDelay,
            MaxDelay = options.LongestDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            DelayGenerator = failed => ValueTask.FromResult(RequestedDelay(failed.Outcome.Exception)),
            OnRetry = failed =>
            {
                string progress = $"{failed.AttemptNumber + 1} of {options.Retries}";
                options.Log?.Invoke(
                    $"{failed.Outcome.Exception!.Message} Trying again in {failed.RetryDelay.TotalSeconds:0.#} s ({progress}).");
                return default;
            },
        }).Build();
        try
        {
            return await pipeline.ExecuteAsync(async token => await attempt(token), cancellationToken);
        }
        catch (TransientDownloadException e) when (WaitIsTooLong(e))
        {
            string rest = resumable ? "; the part downloaded so far is kept until then" : "";
            throw new DownloadException($"{e.Message} The server asks to wait {e.RetryAfter!.Value.TotalSeconds:0} seconds{rest}.", e);
        }
        catch (TransientDownloadException e)
        {
            string rest = resumable ? "; the part downloaded so far is kept, and the same command resumes from there" : "";
            throw new DownloadException($"{e.Message} Gave up after {options.Retries + 1} attempts{rest}.", e);
        }
    }

    private static TimeSpan? RequestedDelay(Exception? failure)
        => failure is TransientDownloadException { RetryAfter: { } requested } && requested > TimeSpan.Zero ? requested : null;

    private bool WaitIsTooLong(TransientDownloadException e) => e.RetryAfter > options.LongestDelay;
}
