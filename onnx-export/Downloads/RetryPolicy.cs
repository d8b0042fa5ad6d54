using Polly;
using Polly.Retry;

namespace Tips.OnnxExport.Downloads;

/// <summary>Tries again, with growing waits, what may succeed later.</summary>
internal sealed class RetryPolicy(DownloadOptions options)
{
    /// <param name="attempt">One attempt.</param>
    /// <param name="kept">Whether what an attempt has fetched is kept for the next and for the next run, for the message.</param>
    /// <param name="cancellationToken">Ends attempts and waits.</param>
    /// <exception cref="DownloadException">No attempt succeeded, or the server asks for more patience than there is.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> attempt, bool kept, CancellationToken cancellationToken)
    {
        var pipeline = new ResiliencePipelineBuilder<T>().AddRetry(new RetryStrategyOptions<T>
        {
            ShouldHandle = new PredicateBuilder<T>().Handle<TransientDownloadException>(e => !AsksTooMuch(e)),
            MaxRetryAttempts = options.Retries,
            Delay = options.FirstDelay,
            MaxDelay = options.LongestDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            DelayGenerator = failed => ValueTask.FromResult(failed.Outcome.Exception is TransientDownloadException { RetryAfter: { } asked } && asked > TimeSpan.Zero ? asked : (TimeSpan?)null),
            OnRetry = failed =>
            {
                options.Note?.Invoke($"{failed.Outcome.Exception!.Message} Trying again in {failed.RetryDelay.TotalSeconds:0.#} s ({failed.AttemptNumber + 1} of {options.Retries}).");
                return default;
            },
        }).Build();
        try
        {
            return await pipeline.ExecuteAsync(async token => await attempt(token), cancellationToken);
        }
        catch (TransientDownloadException e) when (AsksTooMuch(e))
        {
            throw new DownloadException($"{e.Message} The server asks to come back in {e.RetryAfter!.Value.TotalSeconds:0} seconds{(kept ? "; what was downloaded is kept until then" : "")}.", e);
        }
        catch (TransientDownloadException e)
        {
            throw new DownloadException($"{e.Message} Given up after {options.Retries + 1} attempts{(kept ? "; what was downloaded is kept, and the same command goes on from there" : "")}.", e);
        }
    }

    private bool AsksTooMuch(TransientDownloadException e) => e.RetryAfter > options.LongestDelay;
}
