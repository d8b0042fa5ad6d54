using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Reports;

/// <summary>Reports in a real browser, on a desk and on a phone.</summary>
[TestClass]
public sealed class ReportBrowserTests
{
    private const int Desk = 1280, Phone = 390;

    private static readonly string[] Hostile = ["</script><script>document.title='hacked'</script>", "<img src=x onerror=alert(1)>", "dog"];

    private static ReportFixture _fixture = null!;
    private static EmbeddedPicture[] _byClass = null!;
    private static IPlaywright? _playwright;
    private static IBrowser? _browser;

    [ClassInitialize]
    public static async Task StartAsync(TestContext context)
    {
        (_playwright, _browser) = await Browser.StartAsync();
        _fixture = new ReportFixture(["apple", .. Hostile, "egg", "fox", "gem"], 10, i => $"<script>document.title='hacked'<{i}.png");
        _byClass = [.. _fixture.Pictures.OrderBy(p => p.Label, StringComparer.Ordinal)];
        File.WriteAllText(_fixture["classification.html"], _fixture.Render(_fixture.Classification()));
        File.WriteAllText(_fixture["clusters.html"], _fixture.Render(_fixture.Clusters()));
    }

    [ClassCleanup]
    public static async Task StopAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _fixture?.Dispose();
    }

    [TestMethod]
    [DataRow("classification.html", Desk)]
    [DataRow("classification.html", Phone)]
    [DataRow("clusters.html", Desk)]
    [DataRow("clusters.html", Phone)]
    public async Task A_report_opens_without_errors_requests_or_sideways_scrolling(string file, int width)
    {
        await using var session = await OpenAsync(file, width);
        var page = session.Page;
        Assert.IsEmpty(session.Problems, string.Join("\n", session.Problems));
        Assert.AreEqual(file == "clusters.html" ? "Clusters of similar pictures" : "Test of reports", await page.TitleAsync());
        Assert.AreEqual(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.AreEqual(1, await page.Locator("h1").CountAsync());
        Assert.AreEqual(_fixture.Pictures.Count, await page.Locator(".point").CountAsync());
        Assert.AreEqual(0, await page.EvaluateAsync<int>("[...document.images].filter(i => i.complete && !i.naturalWidth).length"));
    }

    [TestMethod]
    public Task Axe_finds_nothing_serious() => CheckWithAxe("classification.html", Desk, ColorScheme.Light);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("classification.html", Phone, ColorScheme.Dark)]
    [DataRow("clusters.html", Phone, ColorScheme.Light)]
    public Task Axe_finds_nothing_serious_on_other_pages_and_screens(string file, int width, ColorScheme scheme)
        => CheckWithAxe(file, width, scheme);

    private static async Task CheckWithAxe(string file, int width, ColorScheme scheme)
    {
        await using var session = await OpenAsync(file, width, scheme);
        await session.Page.Locator("details summary").ClickAsync();
        await session.Page.Locator(".stage").FocusAsync();
        await session.Page.Keyboard.PressAsync("Home");
        var result = await session.Page.RunAxe();
        Assert.IsGreaterThan(20, result.Passes.Length);
        Assert.IsTrue(result.Passes.Any(rule => rule.Id == "color-contrast"));
        string[] serious = [.. result.Violations.Where(v => v.Impact is "serious" or "critical").SelectMany(
            v => v.Nodes.Select(node => $"{v.Impact} {v.Id}: {v.Help}: {node.Html}"))];
        Assert.IsEmpty(serious, string.Join("\n", serious));
        string[] others = [.. result.Violations.Select(v => $"{v.Impact} {v.Id}: {v.Nodes[0].Html}")];
        Assert.IsEmpty(others, string.Join("\n", others));
    }

    [TestMethod]
    public async Task The_keyboard_moves_over_the_points()
    {
        await using var session = await OpenAsync("classification.html", Desk);
        var page = session.Page;
        var stage = page.Locator(".stage");
        var name = page.Locator(".readout .name");
        await stage.FocusAsync();
        await page.Keyboard.PressAsync("Home");
        Assert.AreEqual(Path.GetFileName(_byClass[0].Path), await name.InnerTextAsync());
        Assert.AreEqual("polite", await page.Locator(".readout").GetAttributeAsync("aria-live"));
        var seen = new HashSet<string>();
        foreach (string key in (string[])["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowLeft", "End"])
        {
            await page.Keyboard.PressAsync(key);
            seen.Add((await stage.GetAttributeAsync("data-current"))!);
        }

        Assert.IsGreaterThan(2, seen.Count);
        Assert.AreEqual(Path.GetFileName(_byClass[^1].Path), await name.InnerTextAsync());
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("m");
        var mistakes = _fixture.Predictions.Where(p => p.PredictedName != p.Label).Select(p => Path.GetFileName(p.Path));
        Assert.Contains(await name.InnerTextAsync(), mistakes);
        Assert.Contains("mistake", await page.Locator(".readout").InnerTextAsync());
        await page.Keyboard.PressAsync("Tab");
        Assert.AreEqual("SUMMARY", await page.EvaluateAsync<string>("document.activeElement.tagName"), "the map is one stop");
        await page.Keyboard.PressAsync("Enter");
        Assert.AreEqual(_fixture.Pictures.Count, await page.Locator(".map-table tbody tr").CountAsync());
        Assert.IsEmpty(session.Problems, string.Join("\n", session.Problems));
    }

    [TestMethod]
    public async Task A_pointer_names_the_point_under_it()
    {
        await using var session = await OpenAsync("clusters.html", Phone);
        await session.Page.Locator(".stage").ScrollIntoViewIfNeededAsync();
        var box = (await session.Page.Locator(".point").Nth(7).BoundingBoxAsync())!;
        await session.Page.Mouse.MoveAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
        Assert.Contains(Path.GetFileName(_fixture.Pictures.GroupBy(p => p.Label).SelectMany(g => g).ElementAt(7).Path),
            await session.Page.Locator(".readout").InnerTextAsync());
        Assert.AreEqual(1, await session.Page.Locator(".readout img").CountAsync());
    }

    [TestMethod]
    public async Task UMAP_gives_the_same_map_twice_and_keeps_clouds_together()
    {
        string[] first = await Umap(), second = await Umap();
        CollectionAssert.AreEqual(first, second);

        async Task<string[]> Umap()
        {
            await using var session = await OpenAsync("classification.html", Desk);
            var page = session.Page;
            string[] before = await Places(page);
            await page.GetByLabel("UMAP").CheckAsync();
            await page.WaitForSelectorAsync("[data-layout=umap]", new PageWaitForSelectorOptions { Timeout = 60_000 });
            string[] after = await Places(page);
            CollectionAssert.AreNotEqual(before, after);
            AssertClouds(after);
            await page.GetByLabel("PCA").CheckAsync();
            await page.WaitForSelectorAsync("[data-layout=pca]");
            CollectionAssert.AreEqual(before, await Places(page));
            Assert.IsEmpty(session.Problems, string.Join("\n", session.Problems));
            return after;
        }
    }

    [TestMethod]
    public async Task A_class_can_be_highlighted()
    {
        await using var session = await OpenAsync("classification.html", Desk);
        await session.Page.Locator("select").SelectOptionAsync(new SelectOptionValue { Label = "gem" });
        Assert.AreEqual(10, await session.Page.Locator(".point:not(.faded)").CountAsync());
    }

    // Points of a class are nearer to each other than to those of other classes.
    private static void AssertClouds(string[] places)
    {
        double[][] points = [.. places.Select(p => p.Split(['(', ' ', ')']).Skip(1).Take(2).Select(v => double.Parse(v, null)).ToArray())];
        double Distance(int i, int j) => Math.Pow(points[i][0] - points[j][0], 2) + Math.Pow(points[i][1] - points[j][1], 2);
        int same = Enumerable.Range(0, points.Length).Count(i => _byClass[i].Label == _byClass[
            Enumerable.Range(0, points.Length).Where(j => j != i).MinBy(j => Distance(i, j))].Label);
        Assert.IsGreaterThan(0.95 * points.Length, same);
    }

    private static async Task<string[]> Places(IPage page)
        => await page.EvaluateAsync<string[]>("[...document.querySelectorAll('.point')].map(p => p.getAttribute('transform'))");

    private static async Task<Session> OpenAsync(string file, int width, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            ColorScheme = scheme,
        });
        var page = await context.NewPageAsync();
        var session = new Session(context, page);
        string address = new Uri(_fixture[file]).AbsoluteUri;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") session.Problems.Add(message.Text);
        };
        page.PageError += (_, error) => session.Problems.Add(error);
        page.Dialog += (_, dialog) => session.Problems.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (request.Url != address && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                session.Problems.Add($"request: {request.Url}");
        };
        await page.GotoAsync(address);
        return session;
    }

    private sealed record Session(IBrowserContext Context, IPage Page) : IAsyncDisposable
    {
        public List<string> Problems { get; } = [];

        public ValueTask DisposeAsync() => Context.DisposeAsync();
    }
}
