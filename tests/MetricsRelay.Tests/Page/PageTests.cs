using System.Globalization;
using System.Text;
using Microsoft.Playwright;

namespace MetricsRelay.Tests.Page;

/// <summary>The page in a real browser.</summary>
public sealed class PageTests
{
    private static readonly BrowserTypeLaunchOptions Chromium = new()
    {
        ExecutablePath = "/usr/bin/chromium",
        Headless = true,
        Args =
        [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
        ],
        Timeout = 120_000,
    };

    [RequiresFact("chromium")]
    public async Task Page_shows_scraped_values_at_360_pixels_in_dark_mode_without_other_hosts()
    {
        await using var service = await BusyService.StartAsync();
        await using var dead = await FakeTarget.StartAsync("not metrics", "text/html");
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={service.Url},{dead.Url}", "--Scrape:Interval=1s", "--ExternalLabels:pod=agent-7d9f");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(Chromium);
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 360, Height = 800 }, ColorScheme = ColorScheme.Dark });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        var requestedUrls = new List<string>();
        var errors = new List<string>();
        page.Request += (_, request) => requestedUrls.Add(request.Url);
        page.Console += (_, message) => errors.AddRange(message.Type is "error" ? [message.Text] : []);
        page.PageError += (_, error) => errors.Add(error);

        var root = $"http://127.0.0.1:{relay.Port}/";
        var answer = await page.GotoAsync(root);
        var policy = await answer!.HeaderValueAsync("content-security-policy");
        Assert.StartsWith("default-src 'none'; script-src 'self'", policy, StringComparison.Ordinal);

        // The healthy target, the failing target, and the reason.
        await page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = service.Name }).GetByText("up", new() { Exact = false }).First.WaitForAsync();
        await page.GetByText("Content-Type text/html").First.WaitForAsync();
        await page.GetByText("1 of 2 targets down").WaitForAsync();
        await page.GetByText("pod agent-7d9f").WaitForAsync();

        // Values are exactly those of the target; operated by keyboard.
        await page.GetByLabel("Search in names and descriptions").FocusAsync();
        await page.Keyboard.TypeAsync("answered");
        await page.GetByText(new System.Text.RegularExpressions.Regex("^1 of \\d+ families match$")).WaitForAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        var series = $"inference_requests_total{{status=\"error\",instance=\"{service.Name}\",pod=\"agent-7d9f\"}}";
        var cell = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Rowheader, new() { Name = series, Exact = true }) }).GetByRole(AriaRole.Cell);
        await cell.WaitForAsync();
        service.Stop();
        await Eventually.AssertAsync(
            async () => await cell.TextContentAsync() == service.Errors.ToString(CultureInfo.InvariantCulture),
            () => $"the value {service.Errors}");
        Assert.Contains($"{series} {service.Errors}\n", await relay.GetAsync("/metrics"), StringComparison.Ordinal);

        // A chart has an accessible description, and arrow keys read its points.
        var chart = page.GetByRole(AriaRole.Img, new() { Name = "Latency" });
        await page.GetByRole(AriaRole.Img, new() { NameRegex = new("Latency now: p50 .*, p90 .*, p99 ") }).WaitForAsync();
        await chart.FocusAsync();
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.GetByRole(AriaRole.Img, new() { NameRegex = new("Latency at ") }).WaitForAsync();
        await page.GetByText("from inference_requests_total, inference_latency_seconds, inference_in_flight").WaitForAsync();

        // Nothing is wider than the screen, the page is dark, and no other host was contacted.
        Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal("rgb(15, 21, 20)", await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Empty(errors);
        Assert.All(requestedUrls, url => Assert.StartsWith(root, url, StringComparison.Ordinal));
    }

    /// <summary>
    /// Takes the screenshots of the documentation. They are stored in the directory <c>SCREENSHOTS</c>; without it, this only tests that
    /// the page renders.
    /// </summary>
    [RequiresFact("chromium")]
    public async Task Screenshots_of_the_page_can_be_taken()
    {
        var directory = Environment.GetEnvironmentVariable("SCREENSHOTS");
        await using var service = await BusyService.StartAsync();
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={service.Url}", "--Scrape:Interval=1s", "--ExternalLabels:pod=agent-7d9f", "--ExternalLabels:namespace=default");
        if (directory is not null)
        {
            // Wait for enough points in the charts.
            await Eventually.AssertAsync(() => service.Scrapes > 170, "three minutes of scrapes", TimeSpan.FromMinutes(10));
        }

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(Chromium);
        await TakeScreenshotAsync("metrics-relay", 1200, 860, ColorScheme.Light);
        await TakeScreenshotAsync("metrics-relay-dark", 1200, 860, ColorScheme.Dark);
        await TakeScreenshotAsync("metrics-relay-narrow", 360, 1500, ColorScheme.Light);

        async Task TakeScreenshotAsync(string name, int width, int height, ColorScheme scheme)
        {
            var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
            var page = await context.NewPageAsync();
            page.SetDefaultTimeout(60_000);
            await page.GotoAsync($"http://127.0.0.1:{relay.Port}/");
            await page.GetByText("inference_requests_total", new() { Exact = true }).First.WaitForAsync();
            var screenshot = await page.ScreenshotAsync();
            Assert.Equal([0x89, .. "PNG"u8], screenshot[..4]);
            if (directory is not null)
            {
                await File.WriteAllBytesAsync(Path.Combine(directory, name + ".png"), screenshot);
            }

            await context.CloseAsync();
        }
    }

    /// <summary>A target with the agent's metrics and steady traffic.</summary>
    private sealed class BusyService : IAsyncDisposable
    {
        private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

        private readonly Lock _lock = new();
        private readonly long[] _buckets = new long[Bounds.Length + 1];
        private FakeTarget _target = null!;
        private long _success;
        private double _sum;
        private bool _stopped;

        public int Scrapes { get; private set; }

        public long Errors { get; private set; }

        public Uri Url => _target.Url;

        public string Name => _target.Name;

        public static async Task<BusyService> StartAsync()
        {
            var service = new BusyService();
            service._target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
                context, Encoding.UTF8.GetBytes(service.Expose()), "text/plain; version=0.0.4"));
            return service;
        }

        public void Stop()
        {
            lock (_lock)
            {
                _stopped = true;
            }
        }

        public ValueTask DisposeAsync() => _target.DisposeAsync();

        private string Expose()
        {
            lock (_lock)
            {
                Scrapes++;
                var wave = Math.Sin(Scrapes / 17.0) + (0.4 * Math.Sin(Scrapes / 5.0));
                if (!_stopped)
                {
                    var requests = 42 + (int)(12 * wave) + (Scrapes * 7 % 5);
                    Errors += Scrapes % 9 == 0 ? 2 : Scrapes % 4 == 0 ? 1 : 0;
                    for (var i = 0; i < requests; i++)
                    {
                        var seconds = 0.006 + (0.004 * (i % 7)) + (i % 25 == 0 ? 0.06 + (0.02 * wave) : 0);
                        _buckets[Array.FindIndex([.. Bounds, double.PositiveInfinity], bound => seconds <= bound)]++;
                        _sum += seconds;
                        _success++;
                    }
                }

                var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $$"""
                    # HELP inference_requests_total Inference requests answered, by status.
                    # TYPE inference_requests_total counter
                    inference_requests_total{status="success"} {{_success}}
                    inference_requests_total{status="error"} {{Errors}}
                    # HELP inference_in_flight Inference requests being worked on or waiting for their turn.
                    # TYPE inference_in_flight gauge
                    inference_in_flight {{3 + (int)(2 * wave)}}
                    # HELP process_resident_memory_bytes Resident memory.
                    # TYPE process_resident_memory_bytes gauge
                    process_resident_memory_bytes 41943040
                    # HELP inference_latency_seconds Time from the request's arrival to its answer.
                    # TYPE inference_latency_seconds histogram

                    """));
                var below = 0L;
                for (var i = 0; i < _buckets.Length; i++)
                {
                    below += _buckets[i];
                    var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                    text.Append(CultureInfo.InvariantCulture, $"inference_latency_seconds_bucket{{le=\"{bound}\"}} {below}\n");
                }

                return text.Append(CultureInfo.InvariantCulture, $"inference_latency_seconds_sum {_sum}\ninference_latency_seconds_count {below}\n").ToString();
            }
        }
    }
}
