namespace Tips.CommandLine;

/// <summary>
/// How fast something goes: the sum of amounts over the sum of times, where older ones count less. In the beginning it is the mean.
/// </summary>
/// <param name="memory">After this time an amount counts 1/e of what it did.</param>
internal sealed class SmoothedRate(TimeSpan memory)
{
    private double _amount, _seconds;

    /// <summary>Amount per second; null before anything is known.</summary>
    public double? PerSecond => _seconds > 0 && _amount > 0 ? _amount / _seconds : null;

    public void Add(double amount, TimeSpan elapsed)
    {
        double kept = Math.Exp(-elapsed / memory);
        (_amount, _seconds) = (_amount * kept + amount, _seconds * kept + elapsed.TotalSeconds);
    }
}
