using System.Text.Json;
using System.Text.RegularExpressions;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Samples.Report;

namespace Tips.MLNet.Tests.Reports;

[TestClass]
public partial class ReportTests
{
    private static readonly string[] Seven = ["apple", "bee", "car", "dog", "egg", "fox", "gem"];

    [TestMethod]
    public void Numbers_are_those_of_the_predictions()
    {
        using var fixture = new ReportFixture(Seven, picturesPerClass: 10);
        string html = fixture.Render(fixture.Classification()).Replace("&#160;%", " %");
        var interval = Bootstrap.AccuracyInterval([.. fixture.Predictions.Select(p => p.PredictedName == p.Label)]);
        Assert.Contains(">80.0 %<", html);
        Assert.Contains("56 of 70 pictures", html);
        Assert.Contains(FormattableString.Invariant($"95 % interval {interval.Lower:P1} to {interval.Upper:P1}"), html);
        Assert.Contains(">90.0 %<", html);
        Assert.Contains("2026-01-02 03:04 +00:00", html);

        int[][] matrix = [.. MatrixRow().Matches(html).Select(row => Cell().Matches(row.Groups[1].Value)
            .Select(cell => cell.Groups[1].Length == 0 ? 0 : int.Parse(cell.Groups[1].Value, null)).ToArray())];
        var expected = ConfusionMatrix.Create(
            [.. fixture.Predictions.Select(p => p.Label)], [.. fixture.Predictions.Select(p => p.PredictedName)]);
        Assert.HasCount(7, matrix);
        for (int i = 0; i < 7; i++)
        {
            for (int j = 0; j < 7; j++) Assert.AreEqual(expected[i, j], matrix[i][j]);
        }

        Assert.Contains("taken for ", html);
        Assert.AreEqual(14, html.Split("probability ").Length - 2, "all mistakes, and the sentence above them");
    }

    /// <summary>The same but for the date, so two reports can be compared.</summary>
    [TestMethod]
    public void The_same_results_give_the_same_file()
    {
        using var fixture = new ReportFixture(Seven, picturesPerClass: 4);
        string html = fixture.Render(fixture.Classification());
        Assert.AreEqual(html, fixture.Render(fixture.Classification()));
        Assert.AreEqual(fixture.Render(fixture.Clusters()), fixture.Render(fixture.Clusters()));
    }

    [TestMethod]
    public void Many_classes_have_a_list_instead_of_a_matrix()
    {
        using var fixture = new ReportFixture([.. Enumerable.Range(0, 41).Select(i => $"class {i}")], picturesPerClass: 5);
        string html = fixture.Render(fixture.Classification());
        Assert.DoesNotContain("class=\"matrix\"", html);
        Assert.Contains("The matrix of 41 classes has no room here", html);
        Assert.Contains("The 30 largest of 41 kinds of mistakes", html);
    }

    /// <summary>1,000 pictures of noise, which compress worst.</summary>
    [TestMethod]
    public void A_report_of_a_thousand_pictures_is_below_5_MB()
    {
        using var fixture = new ReportFixture([.. Enumerable.Range(0, 50).Select(i => $"class {i}")], picturesPerClass: 20, side: 96);
        string html = fixture.Render(fixture.Classification());
        Assert.IsLessThan(5_000_000, System.Text.Encoding.UTF8.GetByteCount(html));
        Assert.IsGreaterThan(500, html.Split("data:image/webp").Length, "most points have a picture");
        Assert.IsLessThan(5_000_000, System.Text.Encoding.UTF8.GetByteCount(fixture.Render(fixture.Clusters())));
    }

    [TestMethod]
    public void A_map_of_many_points_is_a_sample()
    {
        using var fixture = new ReportFixture(Seven, picturesPerClass: 1);
        MapPoint[] points = [.. Enumerable.Range(0, 2100).Select(i => new MapPoint(
            fixture.Pictures[0].Path, $"g{i % 3}", [MathF.Cos(i), MathF.Sin(i), MathF.Cos(2 * i)]) { Note = $"point {i}" })];
        var page = new ReportPage("Map") { Sections = [new("Map", new ReportMap("Points", points))] };
        string html = fixture.Render(page);
        Assert.Contains("A random sample of 2000 of the 2100 pictures (seed 1).", html);
        var data = Data(html);
        Assert.AreEqual(2000, data.GetProperty("points").GetArrayLength());
        Assert.AreEqual(2000, data.GetProperty("pca").GetArrayLength());
        var neighbors = data.GetProperty("neighbors").EnumerateArray().ToArray();
        Assert.IsTrue(neighbors.Index().All(n => n.Item.GetArrayLength() == 15 && n.Item[0].GetInt32() == n.Index));
        Assert.Contains("A map needs at least 3 pictures.", fixture.Render(page with
        {
            Sections = [new("Map", new ReportMap("Points", points[..2]))],
        }));
    }

    /// <summary>The map's coordinates are the principal components: uncorrelated, and the first varies most.</summary>
    [TestMethod]
    public void Coordinates_are_principal_components()
    {
        MapPoint[] points = [.. Enumerable.Range(0, 50).Select(i => new MapPoint(
            "", "", [0.5f * MathF.Sin(i), 3 * MathF.Cos(i), 0.1f * (i % 3), 7]))];
        var layout = MapLayout.Compute(points);
        double[] x = [.. layout.Pca.Select(p => p[0])], y = [.. layout.Pca.Select(p => p[1])];
        Assert.AreEqual(0, x.Average(), 1e-4);
        Assert.AreEqual(0, x.Zip(y, (a, b) => a * b).Sum(), 1e-2);
        double[] cosines = [.. points.Select(p => (double)p.Embedding[1])];
        double mean = cosines.Average(), correlation = x.Zip(cosines, (a, b) => a * (b - mean)).Sum()
            / Math.Sqrt(x.Sum(a => a * a) * cosines.Sum(b => (b - mean) * (b - mean)));
        Assert.AreEqual(1, Math.Abs(correlation), 1e-3);
        Assert.IsTrue(layout.Shares[0] > 0.9 && layout.Shares[0] + layout.Shares[1] is > 0.99 and <= 1.0000001);
    }

    [TestMethod]
    public void Text_is_never_markup()
    {
        string[] classes = ["</script><script>alert(1)</script>", "\"><img src=x onerror=alert(2)>", "a & b", "\u202Eevil"];
        using var fixture = new ReportFixture(classes, 5, i => $"<script>alert({i})<b>.png");
        foreach (string html in (string[])[fixture.Render(fixture.Classification()), fixture.Render(fixture.Clusters())])
        {
            Assert.DoesNotContain("<script>alert", html);
            Assert.DoesNotContain("<img src=x", html);
            Assert.DoesNotContain("\u202E", html);
            Assert.Contains("&lt;script&gt;alert(", html);
            Assert.AreEqual(3, ScriptTag().Count(html), "the data, UMAP, the map");
            Assert.Contains("</script><script>alert(1)</script>", Data(html).GetProperty("groups").ToString()
                + string.Concat(classes)); // the JSON parses
        }

        var groups = Data(fixture.Render(fixture.Classification())).GetProperty("groups").EnumerateArray().Select(g => g.GetString());
        Assert.Contains(classes[0], groups);
        Assert.Contains("\\u202eevil", groups);
    }

    /// <summary>Addresses are namespaces and licenses; nothing is loaded, and the policy forbids it.</summary>
    [TestMethod]
    public void Nothing_is_loaded()
    {
        using var fixture = new ReportFixture(Seven, picturesPerClass: 3);
        string html = fixture.Render(fixture.Classification());
        string[] addresses = [.. Address().Matches(html).Select(m => m.Value).Distinct().Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(new[] { "http://www.apache.org/licenses/LICENSE-2.0", "http://www.w3.org/2000/svg" }, addresses);
        Assert.Contains("content=\"default-src 'none'; img-src data:; style-src 'sha256-", html);
        foreach (Match source in Source().Matches(html))
            Assert.MatchesRegex("^(#|data:)", source.Groups[1].Value);
        Assert.DoesNotContain(" style=", html);
    }

    [TestMethod]
    public void A_picture_that_is_gone_has_no_thumbnail()
    {
        using var fixture = new ReportFixture(Seven, picturesPerClass: 3);
        File.Delete(fixture.Predictions.First(p => p.PredictedName != p.Label).Path);
        Assert.Contains("no thumbnail", fixture.Render(fixture.Classification()));
    }

    [TestMethod]
    public void Paths_are_relative_to_the_folder_of_all()
    {
        Assert.AreEqual("/a/b/", ReportResources.CommonFolder(["/a/b/c/1.png", "/a/b/cd/2.png", "/a/b/c/3.png"]));
        Assert.AreEqual("/a/b/", ReportResources.CommonFolder(["/a/b/1.png"]));
        Assert.AreEqual("", ReportResources.CommonFolder(["1.png", "2.png"]));
        Assert.AreEqual("", ReportResources.CommonFolder([]));
    }

    private static JsonElement Data(string html)
    {
        string text = html.Split("<script type=\"application/json\" id=\"", 2)[1].Split('>', 2)[1].Split("</script>")[0];
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    [GeneratedRegex(@"<tr>\s*<th scope=""row"">[^<]*</th>\s*((?:<td(?: class=""(?:right|wrong|diagonal)\d*"")?>\d*</td>\s*){7})</tr>")]
    private static partial Regex MatrixRow();

    [GeneratedRegex(@"<td[^>]*>(\d*)</td>")]
    private static partial Regex Cell();

    [GeneratedRegex("<script[ >]")]
    private static partial Regex ScriptTag();

    [GeneratedRegex(@"https?://[^\s""'<>)]+[^\s""'<>).]")]
    private static partial Regex Address();

    [GeneratedRegex(@"(?:src|href)=""([^""]*)""")]
    private static partial Regex Source();
}
