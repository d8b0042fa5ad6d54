extern alias samples;

using System.Globalization;
using Format = samples::Tips.CommandLine.Format;

namespace Tips.MLNet.Tests.CommandLine;

/// <summary>Numbers as all commands print them.</summary>
[TestClass]
public sealed class FormatTests
{
    [TestMethod]
    [DataRow(0.775, "77.5 %")]
    [DataRow(1, "100.0 %")]
    [DataRow(0.00049, "0.0 %")]
    [DataRow(double.NaN, "–")]
    public void Percent(double share, string expected) => Assert.AreEqual(expected, Format.Percent(share));

    [TestMethod]
    [DataRow(0.0018, "1.8 ms")]
    [DataRow(0.82, "820 ms")]
    [DataRow(0.9996, "1.0 s")]
    [DataRow(8.1, "8.1 s")]
    [DataRow(59.94, "59.9 s")]
    [DataRow(59.96, "1 min 0 s")]
    [DataRow(200, "3 min 20 s")]
    [DataRow(3599.4, "59 min 59 s")]
    [DataRow(3599.6, "1 h 0 min")]
    [DataRow(7500, "2 h 5 min")]
    public void Duration(double seconds, string expected) => Assert.AreEqual(expected, Format.Duration(TimeSpan.FromSeconds(seconds)));

    [TestMethod]
    [DataRow(0, "0:00")]
    [DataRow(0.2, "0:01")]
    [DataRow(83, "1:23")]
    [DataRow(3599.5, "1:00:00")]
    [DataRow(3723, "1:02:03")]
    public void Clock(double seconds, string expected) => Assert.AreEqual(expected, Format.Clock(TimeSpan.FromSeconds(seconds)));

    [TestMethod]
    [DataRow(1, "1 byte")]
    [DataRow(999, "999 bytes")]
    [DataRow(8_100, "8.1 kB")]
    [DataRow(999_960, "1.0 MB")]
    [DataRow(8_100_000, "8.1 MB")]
    [DataRow(4_500_000_000, "4.5 GB")]
    public void Bytes(long bytes, string expected) => Assert.AreEqual(expected, Format.Bytes(bytes));

    [TestMethod]
    [DataRow(210.4, "210/s")]
    [DataRow(2.14, "2.1/s")]
    [DataRow(0.05, "3.0/min")]
    public void Rate(double perSecond, string expected) => Assert.AreEqual(expected, Format.Rate(perSecond));

    [TestMethod]
    public void No_culture_changes_them()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = German();
            Assert.AreEqual("1.234,5", $"{1234.5:N1}");
            Assert.AreEqual("77.5 %", Format.Percent(0.775));
            Assert.AreEqual("8.1 s", Format.Duration(TimeSpan.FromSeconds(8.1)));
            Assert.AreEqual("8.1 MB", Format.Bytes(8_100_000));
            Assert.AreEqual("24,864", Format.Count(24_864));
            Assert.AreEqual("0.984", Format.Score(0.984));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    // Made by hand, since a system may have no cultures.
    private static CultureInfo German()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var numbers = culture.NumberFormat;
        (numbers.NumberDecimalSeparator, numbers.NumberGroupSeparator, numbers.PercentDecimalSeparator) = (",", ".", ",");
        return culture;
    }
}
