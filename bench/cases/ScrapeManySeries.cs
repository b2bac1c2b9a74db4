using System.Globalization;
using System.Text;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>What it costs to scrape a hundred thousand series each second and to expose them again.</summary>
internal sealed class ScrapeManySeries : IBenchCase
{
    private const int Series = 100_000;
    private const int BucketsOfAHistogram = 10;
    private const int WarmUpSeconds = 10;
    private const int Seconds = 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly Metric Memory = new("memory at the end", "bytes");
    private static readonly Metric Answers = new("answers read", "in the whole run", HigherIsBetter: true);

    public string Name => "scrape-100k";

    public string Question => "What do 100 000 series cost that are scraped each second and exposed again?";

    public string Conditions =>
        $"""
        One target with {Series} series in the text format, nine of ten of them in histograms, about 9 MB, every value another one in
        each scrape. Every contender scrapes it each second, and a reader takes all of it from the contender each second: the relay's
        `/metrics`, Prometheus' `/federate` with a selector that matches everything. CPU time is that of {Seconds} s after {WarmUpSeconds} s that
        do not count; the target and the reader are not in it. Prometheus also stores what it scrapes: that is what it is for, and
        what a relay in a Pod does without.
        """;

    public IEnumerable<Need> Needs(Repository repository) => [Need.Path(repository, "sidecars/metrics-relay/MetricsRelayOptions.cs")];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var relay = await workspace.PublishAsync("sidecars/metrics-relay", cancellationToken);
        return
        [
            new Contender("metrics-relay", "`Scrape:Interval=1s`, as its image has it", token => RunAsync(
                (target, port) => ChildProcess.Start(relay,
                    [$"--Scrape:Targets=http://localhost:{target}/metrics", "--Scrape:Interval=1s", $"--Management:Port={port}", "--Listen:Address=localhost"]),
                "/metrics", token)),
            new Contender("prometheus", "`scrape_interval: 1s`, a fresh database", token => RunAsync(
                (target, port) => StartPrometheus(workspace, target, port), "/federate?match[]=%7B__name__!%3D%22%22%7D", token))
            {
                Needs = [Need.Program("prometheus")],
            },
        ];
    }

    /// <summary>The target: <c>bench series PORT</c>, a process of its own so that its work is nobody else's.</summary>
    public static async Task<int> ServeAsync(string port)
    {
        // Three bodies in turn: making ten megabytes of text each second would cost more than what is measured.
        var bodies = Enumerable.Range(1, 3).Select(Body).ToArray();
        var next = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(int.Parse(port, CultureInfo.InvariantCulture)));
        await using var app = builder.Build();
        app.MapGet("/metrics", () => Results.Bytes(bodies[Interlocked.Increment(ref next) % bodies.Length], "text/plain; version=0.0.4; charset=utf-8"));
        await app.RunAsync();
        return 0;
    }

    private static byte[] Body(int scrape)
    {
        const int InHistogram = BucketsOfAHistogram + 3;
        var text = new StringBuilder(12 << 20);
        var left = Series;
        text.Append("# HELP jobs_total Jobs that were done.\n# TYPE jobs_total counter\n");
        for (var i = 0; i < Series / 10; i++, left--)
        {
            text.Append(CultureInfo.InvariantCulture, $"jobs_total{{queue=\"queue-{i % 100}\",worker=\"worker-{i / 100}\",status=\"success\"}} {(long)i * scrape}\n");
        }

        text.Append("# HELP job_duration_seconds How long jobs took.\n# TYPE job_duration_seconds histogram\n");
        for (var i = 0; left >= InHistogram; i++, left -= InHistogram)
        {
            var labels = $"queue=\"queue-{i % 100}\",worker=\"worker-{i / 100}\"";
            for (var bucket = 0; bucket <= BucketsOfAHistogram; bucket++)
            {
                var bound = bucket < BucketsOfAHistogram ? (0.005 * (1 << bucket)).ToString(CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"job_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {(bucket + 1) * (i + 7) * scrape}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"job_duration_seconds_sum{{{labels}}} {i * 0.731 * scrape}\n");
            text.Append(CultureInfo.InvariantCulture, $"job_duration_seconds_count{{{labels}}} {(BucketsOfAHistogram + 1) * (i + 7) * scrape}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static async Task<Measurement> RunAsync(Func<int, int, ChildProcess> start, string path, CancellationToken cancellationToken)
    {
        var (targetPort, port) = (FreePort.Take(), FreePort.Take());
        await using var target = ChildProcess.Start("dotnet", [typeof(ScrapeManySeries).Assembly.Location, "series", $"{targetPort}"]);
        using var client = new HttpClient { Timeout = Deadline };
        await target.UntilAsync(() => AnswersAsync(client, $"http://localhost:{targetPort}/metrics"), "the target answers", Deadline, cancellationToken);
        await using var contender = start(targetPort, port);
        var url = $"http://localhost:{port}{path}";
        // Until all of it is there: what comes out is counted before anything is measured.
        await contender.UntilAsync(async () => await ReadAsync(client, url, cancellationToken) >= Series - 100, "all series come out", Deadline, cancellationToken);
        await ReadEachSecondAsync(client, url, WarmUpSeconds, cancellationToken);
        var before = contender.Usage;
        var answers = await ReadEachSecondAsync(client, url, Seconds, cancellationToken);
        var after = contender.Usage;
        return new Measurement
        {
            [Metric.Cpu] = after.CpuSeconds - before.CpuSeconds,
            [Memory] = after.ResidentBytes,
            [Metric.PeakMemory] = after.PeakBytes,
            [Answers] = answers,
        };
    }

    private static async Task<int> ReadEachSecondAsync(HttpClient client, string url, int seconds, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var end = Environment.TickCount64 + (seconds * 1000L);
        var answers = 0;
        while (Environment.TickCount64 < end)
        {
            if (await ReadAsync(client, url, cancellationToken) < Series - 100)
            {
                throw new BenchException("an answer lacked series");
            }

            answers++;
            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return answers;
    }

    // The lines that are samples, 0 while nothing answers.
    private static async Task<int> ReadAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await client.GetStreamAsync(url, cancellationToken);
            var buffer = new byte[128 << 10];
            var (lines, atStart) = (0, true);
            while (await body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                foreach (var value in buffer.AsSpan(0, read))
                {
                    lines += atStart && value is not ((byte)'#' or (byte)'\n') ? 1 : 0;
                    atStart = value == '\n';
                }
            }

            return lines;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string url) => await ReadAsync(client, url, CancellationToken.None) > 0;

    private static ChildProcess StartPrometheus(Workspace workspace, int target, int port)
    {
        var data = workspace[$"prometheus-{port}"];
        var file = workspace["prometheus.yml"];
        File.WriteAllText(file, $$"""
            global: { scrape_interval: 1s, scrape_timeout: 1s }
            scrape_configs:
              - job_name: target
                static_configs: [{ targets: ["localhost:{{target}}"] }]

            """);
        return ChildProcess.Start("prometheus", [$"--config.file={file}", $"--storage.tsdb.path={data}", $"--web.listen-address=127.0.0.1:{port}"]);
    }
}
