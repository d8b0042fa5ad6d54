using Microsoft.Playwright;

namespace Tips.MLNet.Tests.Support;

/// <summary>The Chromium of this machine; tests that need it are skipped where there is none.</summary>
internal static class Browser
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    public static async Task<(IPlaywright Playwright, IBrowser Browser)> StartAsync()
    {
        string? file = Find();
        if (file is null) Assert.Inconclusive("There is no Chromium on the PATH (Debian: apt-get install chromium).");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = file,
            // Its sandbox does not work for root, which tests in containers are.
            Args = Environment.UserName == "root" ? ["--no-sandbox"] : [],
        });
        return (playwright, browser);
    }

    private static string? Find()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
