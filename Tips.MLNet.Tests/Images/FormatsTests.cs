using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

/// <summary>Every kind of file, decoded to the pixels that Pillow gives.</summary>
[TestClass]
public class FormatsTests
{
    public TestContext TestContext { get; set; } = null!;

    public static IEnumerable<object[]> Names => FormatPictures.Names.Select(name => new object[] { name });

    [TestMethod]
    public void There_are_36_pictures() => Assert.HasCount(36, FormatPictures.Names);

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Pixels_are_those_of_Pillow(string name)
    {
        using var expected = MLImage.CreateFromFile(FormatPictures.ExpectedOf(name));
        using var actual = ImageSource.FromFile(FormatPictures.PathOf(name)).Decode();
        int difference = FormatPictures.LargestDifference(expected, actual);
        TestContext.WriteLine($"{name}: {difference}");
        Assert.IsLessThanOrEqualTo(FormatPictures.ToleranceOf(name), difference);
    }
}
