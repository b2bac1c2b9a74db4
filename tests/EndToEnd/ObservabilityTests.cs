using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using TestKit;

namespace EndToEnd;

/// <summary>The production Pod (k8s/base), watched by a real Prometheus: what the dashboard asks has answers, and each alert fires and clears.</summary>
[Collection(OnePodAtATime.Name)]
public sealed partial class ObservabilityTests : IDisposable
{
    private const string Scrapes =
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
        rule_files: [alerts.yaml]
        scrape_configs:
        - job_name: agent
          static_configs: [{targets: ["localhost:9090"], labels: {namespace: lab, pod: agent}}]
        - job_name: agent-relay
          metrics_path: /-/metrics
          static_configs: [{targets: ["localhost:9090"], labels: {namespace: lab, pod: agent}}]
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _client = new() { BaseAddress = new Uri("http://localhost:8000") };
    private readonly int _logPort = FreePort.Take();
    private readonly int _metricsPort = FreePort.Take();
    private volatile bool _refusesLines;

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [RequiresFact("prometheus")]
    public async Task Every_query_of_the_dashboard_has_data_and_every_alert_fires_with_its_fault_and_clears_after_it()
    {
        await using var pod = await RunningPod.StartAsync(["k8s/base/deployment.yaml", Settings()], "agent", "4/4");
        await using var prometheus = await PrometheusServer.StartAsync(Scrapes, Rules());
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(stop.Token);
        var outside = await OutsideAsync();

        foreach (var query in Queries())
        {
            await Eventually.HoldsAsync(async () => (await prometheus.QueryAsync(query)).Count > 0, () => $"data for {query}");
        }

        await FiringAsync(prometheus);

        // Outside the Pod: the log store and the receiver of metrics are down, and the certificate is nearly over.
        await outside.DisposeAsync();
        KubernetesSecret.Swap(Path.Combine(pod.Directory, "volumes", "tls"), days: 1);
        await FiringAsync(prometheus, "LogTailerBehind", "RemoteWriteBehind", "CertificateExpiresSoon");
        outside = await OutsideAsync();
        KubernetesSecret.Swap(Path.Combine(pod.Directory, "volumes", "tls"), days: 90);
        await FiringAsync(prometheus);

        // The log store takes nothing for good, so lines are put aside.
        _refusesLines = true;
        await FiringAsync(prometheus, "LogLinesLost");
        _refusesLines = false;
        await FiringAsync(prometheus);

        await using (var requests = new Repeated(() => _client.PostAsJsonAsync("/inference", new { nonsense = true })))
        {
            await FiringAsync(prometheus, "InferenceErrors");
        }

        await FiringAsync(prometheus);

        // Hanging, not dead: the lab restarts what is dead within a second.
        await HangAsync(pod, "agent", () => FiringAsync(prometheus, "ScrapeDown"));
        await FiringAsync(prometheus);
        await HangAsync(pod, "metrics-sidecar", () => FiringAsync(prometheus, "RelayDown"));
        await FiringAsync(prometheus);

        await stop.CancelAsync();
        await load;
        await LessonPods.StopAsync(pod);
        await outside.DisposeAsync();
    }

    [RequiresFact("prometheus")]
    public async Task The_configuration_of_the_upstream_manifest_scrapes_our_agent()
    {
        var configuration = PrometheusConfigurationPattern().Match(LessonPods.Read("upstream/agent-with-logging-and-metrics.yaml")).Groups[1].Value;
        await using var pod = await LessonPods.StartAsync("agent-with-logging.yaml");
        await using var prometheus = await PrometheusServer.StartAsync(Regex.Replace(configuration, "(?m)^    ", ""));
        await LessonPods.InferAsync(_client);

        await Eventually.HoldsAsync(
            async () => (await prometheus.QueryAsync("inference_requests_total{job=\"agent\", status=\"success\"}")) is [>= 1] && (await prometheus.QueryAsync("up{job=\"agent\"}")) is [1],
            () => "the agent's metrics in the upstream Prometheus");
        await LessonPods.StopAsync(pod);
    }

    /// <summary>The ConfigMaps that kustomize makes of k8s/base/config, with short intervals and what is outside on this machine.</summary>
    private string Settings()
    {
        (string Name, string[] More)[] maps =
        [
            ("agent", []),
            ("log-tailer", ["SINK__TYPE=http", $"SINK__URL=http://localhost:{_logPort}/logs", "SINK__RETRYUPTO=1s"]),
            ("metrics-relay", ["SCRAPE__INTERVAL=1s", "SCRAPE__TIMEOUT=1s", $"REMOTEWRITE__URL=http://localhost:{_metricsPort}/api/v1/write"]),
            ("tls-proxy", []),
        ];
        var documents = maps.Select(map =>
        {
            var lines = File.ReadAllLines(Path.Combine(RunningPod.Repository, "k8s/base/config", map.Name + ".env"))
                .Concat(map.More).Select(l => l.Split('=', 2)).GroupBy(l => l[0], l => l[1]).Select(g => $"  {g.Key}: \"{g.Last()}\"");
            return $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {map.Name}}}\ndata:\n{string.Join('\n', lines)}\n";
        });
        File.WriteAllText(_directory["settings.yaml"], string.Join("---\n", documents));
        return _directory["settings.yaml"];
    }

    /// <summary>The alerts of the repository, impatient: they wait for nothing, look back for seconds, and a little is much.</summary>
    private static string Rules()
    {
        var rules = File.ReadAllText(Path.Combine(RunningPod.Repository, "compose/alerts.yaml"));
        (string Old, string New)[] changes = [("> 10485760", "> 1000"), ("> 120", "> 3"), ("[10m]", "[10s]"), ("[5m]", "[10s]")];
        foreach (var (old, @new) in changes)
        {
            Assert.Contains(old, rules, StringComparison.Ordinal);
            rules = rules.Replace(old, @new, StringComparison.Ordinal);
        }

        return Regex.Replace(rules, @"(?m)^    for: .*\n", "");
    }

    /// <summary>What the dashboard's panels ask, for all Pods.</summary>
    private static List<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(RunningPod.Repository, "k8s/base/dashboard.json")));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(p => p.TryGetProperty("targets", out _))
                .SelectMany(p => p.GetProperty("targets").EnumerateArray())
                .Select(t => t.GetProperty("expr").GetString()!
                    .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
                    .Replace("$namespace", ".*", StringComparison.Ordinal)
                    .Replace("$pod", ".*", StringComparison.Ordinal)),
        ];
    }

    private static async Task HangAsync(RunningPod pod, string container, Func<Task> meanwhile)
    {
        const int Stop = 19;
        const int Continue = 18;
        var processes = pod.Processes(container);
        foreach (var id in processes)
        {
            Libc.Send(id, Stop);
        }

        try
        {
            await meanwhile();
        }
        finally
        {
            foreach (var id in processes)
            {
                Libc.Send(id, Continue);
            }
        }
    }

    /// <summary>Waits until these alerts fire, or, when none is named, until none does.</summary>
    private static async Task FiringAsync(PrometheusServer prometheus, params string[] alerts)
    {
        IReadOnlySet<string> firing = new HashSet<string>();
        await Eventually.HoldsAsync(
            async () =>
            {
                firing = await prometheus.FiringAsync();
                return alerts.Length == 0 ? firing.Count == 0 : alerts.All(firing.Contains);
            },
            () => $"expected {(alerts.Length == 0 ? "none" : string.Join(", ", alerts))} to fire; firing: {string.Join(", ", firing)}",
            TimeSpan.FromMinutes(2));
    }

    /// <summary>The log store, and the receiver of remote write.</summary>
    private async Task<Both> OutsideAsync() => new(
        await StubServer.StartAsync(_logPort, _ => _refusesLines ? (400, "{}") : (204, "")),
        await StubServer.StartAsync(_metricsPort, _ => (204, "")));

    /// <summary>Some requests all the while, through the proxy, whatever comes of them.</summary>
    private static async Task LoadAsync(CancellationToken stop)
    {
        using var client = PodClient.Create();
        client.Timeout = TimeSpan.FromSeconds(2);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!stop.IsCancellationRequested)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            try
            {
                using var _ = await client.PostAsJsonAsync("/inference", new { text = "what a lovely day" }, CancellationToken.None);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // The agent hangs, which is the test's doing.
            }
        }
    }

    [GeneratedRegex(@"  prometheus\.yml: \|\n((?:    .*\n)+)")]
    private static partial Regex PrometheusConfigurationPattern();

    private sealed record Both(StubServer Logs, StubServer Metrics) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Logs.DisposeAsync();
            await Metrics.DisposeAsync();
        }
    }

    /// <summary>One request after the other, until it is disposed of.</summary>
    private sealed class Repeated : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _loop;

        public Repeated(Func<Task<HttpResponseMessage>> request) => _loop = RunAsync(request);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _loop;
            _stop.Dispose();
        }

        private async Task RunAsync(Func<Task<HttpResponseMessage>> request)
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (!_stop.IsCancellationRequested)
            {
                (await request()).Dispose();
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }
}
