using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EndToEnd;

/// <summary>
/// The production Pod (k8s/base), scraped by a real Prometheus: the dashboard's queries return data, and each alert fires and
/// clears.
/// </summary>
[Collection(OnePodAtATime.Name)]
public sealed partial class ObservabilityTests : IDisposable
{
    private const int SignalStop = 19;
    private const int SignalContinue = 18;

    private const string ScrapeConfiguration =
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
    private readonly int _logPort = FreePort.FindUnused();
    private readonly int _metricsPort = FreePort.FindUnused();
    private volatile bool _rejectsLines;

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [RequiresFact("prometheus")]
    public async Task Every_dashboard_query_returns_data_and_every_alert_fires_and_clears()
    {
        await using var pod = await RunningPod.StartAsync(["k8s/base/deployment.yaml", WriteConfigMaps()], "agent", "4/4");
        await using var prometheus = await PrometheusServer.StartAsync(ScrapeConfiguration, ReadImpatientRules());
        using var podClient = PodClient.Create();
        podClient.Timeout = TimeSpan.FromSeconds(2);
        await using var load = new BackgroundRequests(
            () => podClient.PostAsJsonAsync("/inference", new { text = "what a lovely day" }), TimeSpan.FromMilliseconds(50));
        var logStore = await StartLogStoreAsync();
        var metricsReceiver = await StartMetricsReceiverAsync();

        foreach (var query in ReadDashboardQueries())
        {
            await Eventually.AssertAsync(async () => (await prometheus.QueryValuesAsync(query)).Count > 0, () => $"data for {query}");
        }

        await WaitForAlertsAsync(prometheus);

        // Faults outside the Pod: log store and metrics receiver are down, and the certificate expires soon.
        await logStore.DisposeAsync();
        await metricsReceiver.DisposeAsync();
        pod.ReplaceCertificate(days: 1);
        await WaitForAlertsAsync(prometheus, "LogTailerBehind", "RemoteWriteBehind", "CertificateExpiresSoon");
        logStore = await StartLogStoreAsync();
        metricsReceiver = await StartMetricsReceiverAsync();
        pod.ReplaceCertificate(days: 90);
        await WaitForAlertsAsync(prometheus);

        // The log store rejects lines permanently, so the tailer writes them to the dead-letter file.
        _rejectsLines = true;
        await WaitForAlertsAsync(prometheus, "LogLinesLost");
        _rejectsLines = false;
        await WaitForAlertsAsync(prometheus);

        var invalid = new { nonsense = true };
        await using (new BackgroundRequests(() => _client.PostAsJsonAsync("/inference", invalid), TimeSpan.FromMilliseconds(20)))
        {
            await WaitForAlertsAsync(prometheus, "InferenceErrors");
        }

        await WaitForAlertsAsync(prometheus);

        // Paused and not killed: the lab restarts a killed container within a second.
        await PauseContainerAsync(pod, "agent", () => WaitForAlertsAsync(prometheus, "ScrapeDown"));
        await WaitForAlertsAsync(prometheus);
        await PauseContainerAsync(pod, "metrics-sidecar", () => WaitForAlertsAsync(prometheus, "RelayDown"));
        await WaitForAlertsAsync(prometheus);

        await load.DisposeAsync();
        await pod.StopAsync();
        await logStore.DisposeAsync();
        await metricsReceiver.DisposeAsync();
    }

    [RequiresFact("prometheus")]
    public async Task Prometheus_configuration_of_the_upstream_manifest_scrapes_our_agent()
    {
        var manifest = LabManifest.ReadManifest("upstream/agent-with-logging-and-metrics.yaml");
        var configuration = PrometheusConfigurationPattern().Match(manifest).Groups[1].Value;
        await using var pod = await LabManifest.StartPodAsync("agent-with-logging.yaml");
        await using var prometheus = await PrometheusServer.StartAsync(Regex.Replace(configuration, "(?m)^    ", ""));
        await LabManifest.SendInferenceAsync(_client);

        await Eventually.AssertAsync(
            async () => await prometheus.QueryValuesAsync("inference_requests_total{job=\"agent\", status=\"success\"}") is [>= 1]
                && await prometheus.QueryValuesAsync("up{job=\"agent\"}") is [1],
            "the agent's metrics are in the upstream Prometheus");
        await pod.StopAsync();
    }

    /// <summary>
    /// Writes the ConfigMaps that kustomize generates from k8s/base/config, with short intervals and servers on this machine.
    /// </summary>
    private string WriteConfigMaps()
    {
        (string Name, string[] Additions)[] maps =
        [
            ("agent", []),
            ("log-tailer", ["SINK__TYPE=http", $"SINK__URL=http://localhost:{_logPort}/logs", "SINK__RETRYUPTO=1s"]),
            (
                "metrics-relay",
                ["SCRAPE__INTERVAL=1s", "SCRAPE__TIMEOUT=1s", $"REMOTEWRITE__URL=http://localhost:{_metricsPort}/api/v1/write"]),
            ("tls-proxy", []),
        ];
        var documents = maps.Select(map =>
        {
            var lines = File.ReadAllLines(Repository.PathOf($"k8s/base/config/{map.Name}.env"))
                .Concat(map.Additions)
                .Select(line => line.Split('=', 2))
                .GroupBy(pair => pair[0], pair => pair[1])
                .Select(values => $"  {values.Key}: \"{values.Last()}\"");
            return $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {map.Name}}}\ndata:\n{string.Join('\n', lines)}\n";
        });
        File.WriteAllText(_directory["settings.yaml"], string.Join("---\n", documents));
        return _directory["settings.yaml"];
    }

    /// <summary>The alert rules of the repository without waiting times, with ranges of seconds and low thresholds.</summary>
    private static string ReadImpatientRules()
    {
        var rules = Repository.ReadText("compose/alerts.yaml");
        (string Old, string New)[] changes = [("> 10485760", "> 1000"), ("> 120", "> 3"), ("[10m]", "[10s]"), ("[5m]", "[10s]")];
        foreach (var (oldText, newText) in changes)
        {
            Assert.Contains(oldText, rules, StringComparison.Ordinal);
            rules = rules.Replace(oldText, newText, StringComparison.Ordinal);
        }

        return Regex.Replace(rules, @"(?m)^    for: .*\n", "");
    }

    /// <summary>The queries of the dashboard's panels, for all Pods.</summary>
    private static List<string> ReadDashboardQueries()
    {
        using var dashboard = JsonDocument.Parse(Repository.ReadText("k8s/base/dashboard.json"));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(panel => panel.TryGetProperty("targets", out _))
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(target => target.GetProperty("expr").GetString()!
                    .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
                    .Replace("$namespace", ".*", StringComparison.Ordinal)
                    .Replace("$pod", ".*", StringComparison.Ordinal)),
        ];
    }

    private static async Task PauseContainerAsync(RunningPod pod, string container, Func<Task> whilePaused)
    {
        var processes = pod.FindProcesses(container);
        PodProcesses.SendSignal(processes, SignalStop);
        try
        {
            await whilePaused();
        }
        finally
        {
            PodProcesses.SendSignal(processes, SignalContinue);
        }
    }

    /// <summary>Waits until these alerts fire; without names, until none fires.</summary>
    private static async Task WaitForAlertsAsync(PrometheusServer prometheus, params string[] alerts)
    {
        IReadOnlySet<string> firing = new HashSet<string>();
        await Eventually.AssertAsync(
            async () =>
            {
                firing = await prometheus.ReadFiringAlertsAsync();
                return alerts.Length == 0 ? firing.Count == 0 : alerts.All(firing.Contains);
            },
            () => $"expected {(alerts.Length == 0 ? "none" : string.Join(", ", alerts))} to fire; firing: {string.Join(", ", firing)}",
            TimeSpan.FromMinutes(2));
    }

    private Task<StubServer> StartLogStoreAsync() => StubServer.StartAsync(_logPort, _ => _rejectsLines ? (400, "{}") : (204, ""));

    private Task<StubServer> StartMetricsReceiverAsync() => StubServer.StartAsync(_metricsPort, _ => (204, ""));

    [GeneratedRegex(@"  prometheus\.yml: \|\n((?:    .*\n)+)")]
    private static partial Regex PrometheusConfigurationPattern();
}
