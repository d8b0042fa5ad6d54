namespace Tips.CommandLine;

/// <summary>Some work, and how its progress reads.</summary>
/// <param name="task">What is being done.</param>
/// <param name="total">How much there is to do; null if unknown.</param>
/// <param name="start">How much was done before, which took no time.</param>
/// <param name="areBytes">Whether it is counted in bytes, instead of pieces.</param>
internal sealed class ProgressState(string task, long? total, long start = 0, bool areBytes = false)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(4);

    public string Task { get; } = Printable.Escape(task);

    public long? Total => total;

    public long Start => start;

    /// <summary>Work that goes on, as <c>143/286 · 210/s · 0:01 left</c>.</summary>
    /// <param name="done">How much is done.</param>
    /// <param name="rate">How much is done in a second; null if nobody knows yet.</param>
    public string Text(long done, double? rate)
    {
        string count = Count(done);
        if (rate is not { } perSecond) return count;
        double seconds = total is { } all ? Math.Max(all - done, 0) / perSecond : double.PositiveInfinity;
        string left = seconds < Longest.TotalSeconds ? $" · {Format.Clock(TimeSpan.FromSeconds(seconds))} left" : "";
        return $"{count} · {Rate(perSecond)}{left}";
    }

    /// <summary>Work that has ended, as <c>286/286 · 204/s · 100.0 % in 1.4 s</c>.</summary>
    /// <param name="done">How much was done, if the total is unknown.</param>
    /// <param name="elapsed">How long it took.</param>
    public string Completed(long done, TimeSpan elapsed)
    {
        long all = total ?? done;
        string rate = elapsed > TimeSpan.Zero && all > start ? $" · {Rate((all - start) / elapsed.TotalSeconds)}" : "";
        return $"{Count(all)}{rate} · {Format.Percent(1)} in {Format.Duration(elapsed)}";
    }

    private string Count(long done) => total is { } all ? $"{Amount(Math.Min(done, all))}/{Amount(all)}" : Amount(done);

    private string Amount(long amount) => areBytes ? Format.Bytes(amount) : FormattableString.Invariant($"{amount}");

    private string Rate(double perSecond) => areBytes ? $"{Format.Bytes((long)perSecond)}/s" : Format.Rate(perSecond);
}
