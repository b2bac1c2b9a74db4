using Bench.Harness;

namespace Bench.Cases;

/// <summary>The cost of scraping a hundred thousand series every second and exposing them again.</summary>
internal sealed class ScrapeManySeries : IBenchCase
{
    private const int WarmUpSeconds = 10;
    private const int Seconds = 20;

    // The last histogram does not fit completely into the round number of series.
    private const int ExpectedSamples = ScrapeTarget.SeriesCount - 100;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly Metric Memory = new("memory at the end", "bytes");
    private static readonly Metric Responses = new("responses read", "in the whole run", HigherIsBetter: true);

    public string Name => "scrape-100k";

    public string Question => "How much do 100 000 series cost that are scraped every second and exposed again?";

    public string Conditions =>
        $"""
        One target with {ScrapeTarget.SeriesCount} series in the text format, nine of ten of them in histograms, about 9 MB; every value
        changes in each scrape. Every contender scrapes the target every second, and a client reads the complete page of the
        contender every second: the relay's `/metrics`, and Prometheus' `/federate` with a selector that matches everything. CPU
        time covers {Seconds} s, after a warm-up of {WarmUpSeconds} s, and excludes the target and the client. Prometheus also
        stores the samples, which is its purpose; a relay in a Pod does not.
        """;

    public IEnumerable<Requirement> Requirements => [Requirement.ForPath("sidecars/metrics-relay/MetricsRelay.csproj")];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var relay = await workspace.PublishProjectAsync("sidecars/metrics-relay", cancellationToken);
        return
        [
            new Contender("metrics-relay", "`Scrape:Interval=1s`, as in its image", token =>
                RunAsync((target, port) => StartRelay(relay, target, port), "/metrics", token)),
            new Contender("prometheus", "`scrape_interval: 1s`, an empty database", token =>
                RunAsync((target, port) => StartPrometheus(workspace, target, port), "/federate?match[]=%7B__name__!%3D%22%22%7D", token))
            {
                Requirements = [Requirement.ForProgram("prometheus")],
            },
        ];
    }

    private static async Task<Measurement> RunAsync(Func<int, int, MeasuredProcess> start, string path, CancellationToken cancellationToken)
    {
        var (targetPort, port) = (FreePort.FindUnused(), FreePort.FindUnused());
        await using var target = MeasuredProcess.Start("dotnet", [typeof(ScrapeTarget).Assembly.Location, "series", $"{targetPort}"]);
        using var client = new HttpClient { Timeout = Deadline };
        await target.WaitUntilAsync(
            async () => await CountSamplesAsync(client, $"http://localhost:{targetPort}/metrics", cancellationToken) > 0,
            "the target responds",
            Deadline,
            cancellationToken);
        await using var contender = start(targetPort, port);
        var url = $"http://localhost:{port}{path}";
        await contender.WaitUntilAsync(
            async () => await CountSamplesAsync(client, url, cancellationToken) >= ExpectedSamples,
            "all series are exposed",
            Deadline,
            cancellationToken);
        await ReadEverySecondAsync(client, url, WarmUpSeconds, cancellationToken);
        var before = contender.Usage;
        var responses = await ReadEverySecondAsync(client, url, Seconds, cancellationToken);
        var after = contender.Usage;
        return new Measurement
        {
            [Metric.Cpu] = after.CpuSeconds - before.CpuSeconds,
            [Memory] = after.ResidentBytes,
            [Metric.PeakMemory] = after.PeakBytes,
            [Responses] = responses,
        };
    }

    private static async Task<int> ReadEverySecondAsync(HttpClient client, string url, int seconds, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var end = Environment.TickCount64 + (seconds * 1000L);
        var responses = 0;
        while (Environment.TickCount64 < end)
        {
            if (await CountSamplesAsync(client, url, cancellationToken) < ExpectedSamples)
            {
                throw new BenchException("series were missing in a response");
            }

            responses++;
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return responses;
    }

    /// <summary>Reads a page and counts its samples; 0 if the server does not respond.</summary>
    private static async Task<int> CountSamplesAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await client.GetStreamAsync(url, cancellationToken);
            var buffer = new byte[128 << 10];
            var (samples, isLineStart) = (0, true);
            while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                foreach (var value in buffer.AsSpan(0, read))
                {
                    samples += isLineStart && value is not ((byte)'#' or (byte)'\n') ? 1 : 0;
                    isLineStart = value == '\n';
                }
            }

            return samples;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    private static MeasuredProcess StartRelay(string relay, int target, int port) => MeasuredProcess.Start(
        relay,
        [
            $"--Scrape:Targets=http://localhost:{target}/metrics",
            "--Scrape:Interval=1s",
            $"--Management:Port={port}",
            "--Listen:Address=localhost",
        ]);

    private static MeasuredProcess StartPrometheus(Workspace workspace, int target, int port)
    {
        var data = workspace[$"prometheus-{port}"];
        var file = workspace["prometheus.yml"];
        File.WriteAllText(file, $$"""
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: target
                static_configs: [{ targets: ["localhost:{{target}}"] }]

            """);
        return MeasuredProcess.Start(
            "prometheus", [$"--config.file={file}", $"--storage.tsdb.path={data}", $"--web.listen-address=127.0.0.1:{port}"]);
    }
}
