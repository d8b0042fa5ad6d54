using System.Globalization;

namespace Tips.CommandLine;

/// <summary>Numbers as every command prints them, the same in all cultures.</summary>
internal static class Format
{
    /// <summary>What is printed where there is no number.</summary>
    public const string None = "–";

    private const int Minute = 60, Hour = 60 * Minute;

    /// <summary>A share as <c>77.5 %</c>.</summary>
    public static string Percent(double share) => double.IsNaN(share) ? None : share.ToString("P1", CultureInfo.InvariantCulture);

    /// <summary>The same where the number and its sign must stay on one line, whatever breaks it.</summary>
    public static string UnbrokenPercent(double share) => Percent(share).Replace(' ', '\u00a0');

    /// <summary>A time as <c>1.8 ms</c>, <c>8.1 s</c>, <c>3 min 20 s</c> or <c>2 h 5 min</c>.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 0.9995 => Text($"{time.TotalMilliseconds:0.#} ms"),
        < Minute - 0.05 => Text($"{time.TotalSeconds:F1} s"),
        < Hour - 0.5 => Pair((long)Math.Round(time.TotalSeconds), Minute, "min", "s"),
        _ => Pair((long)Math.Round(time.TotalMinutes), Hour / Minute, "h", "min"),
    };

    /// <summary>A time that is left, as <c>0:01</c> or <c>1:02:03</c>.</summary>
    public static string Clock(TimeSpan time)
    {
        long seconds = (long)Math.Ceiling(time.TotalSeconds);
        return seconds < Hour
            ? Text($"{seconds / Minute}:{seconds % Minute:00}")
            : Text($"{seconds / Hour}:{seconds / Minute % 60:00}:{seconds % Minute:00}");
    }

    /// <summary>A size as <c>512 bytes</c>, <c>8.1 kB</c>, <c>8.1 MB</c> or <c>8.1 GB</c>, in powers of 1000.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        1 => "1 byte",
        < 1_000 => Text($"{bytes} bytes"),
        < 999_950 => Text($"{bytes / 1e3:F1} kB"),
        < 999_950_000 => Text($"{bytes / 1e6:F1} MB"),
        _ => Text($"{bytes / 1e9:F1} GB"),
    };

    /// <summary>How fast something goes, as <c>210/s</c>, <c>2.1/s</c> or <c>2.1/min</c>.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        >= 9.95 => Text($"{perSecond:F0}/s"),
        >= 0.095 => Text($"{perSecond:F1}/s"),
        _ => Text($"{perSecond * Minute:F1}/min"),
    };

    /// <summary>A count as <c>24,864</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A cosine, a probability or a precision as <c>0.984</c>.</summary>
    public static string Score(double score) => double.IsNaN(score) ? None : score.ToString("F3", CultureInfo.InvariantCulture);

    private static string Pair(long total, int perLarge, string large, string small)
        => Text($"{total / perLarge} {large} {total % perLarge} {small}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
