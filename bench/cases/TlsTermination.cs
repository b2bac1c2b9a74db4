using System.Globalization;
using System.Text.RegularExpressions;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>The TLS proxy, compared with nginx, haproxy and caddy.</summary>
internal sealed partial class TlsTermination : IBenchCase
{
    private const int Connections = 64;

    /// <summary>The duration of each of the three loads. <c>BENCH_PROXY_SECONDS</c> changes it for a trial.</summary>
    private static readonly int Seconds =
        int.Parse(Environment.GetEnvironmentVariable("BENCH_PROXY_SECONDS") ?? "8", CultureInfo.InvariantCulture);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly Metric Http1Rate = new("HTTP/1.1", "requests/s", HigherIsBetter: true);
    private static readonly Metric Http1MedianLatency = new("HTTP/1.1 median latency", "ms");
    private static readonly Metric Http1P99Latency = new("HTTP/1.1 p99 latency", "ms");
    private static readonly Metric Http1Cpu = new("HTTP/1.1, CPU time per request", "µs");
    private static readonly Metric Http2Rate = new("HTTP/2", "requests/s", HigherIsBetter: true);
    private static readonly Metric Http2P99Latency = new("HTTP/2 p99 latency", "ms");
    private static readonly Metric Http2Cpu = new("HTTP/2, CPU time per request", "µs");
    private static readonly Metric ConnectionRate = new("one connection per request", "requests/s", HigherIsBetter: true);
    private static readonly Metric ConnectionP99Latency = new("one connection per request, p99 latency", "ms");
    private static readonly Metric ConnectionCpu = new("one connection per request, CPU time", "µs");

    public string Name => "proxy";

    public string Question => "How do throughput, latency, CPU time and memory of the TLS proxy compare with nginx, haproxy and caddy?";

    public string Conditions =>
        $"""
        One certificate (ECDSA P-256); one plain nginx upstream with responses of 1 KiB and keep-alive; TLS 1.2 and 1.3; one
        access log line per request, discarded. `wrk` with {Connections} connections and one thread for HTTP/1.1 and for one
        connection per request (`Connection: close`, with session resumption as each server has it by default), `h2load` with 32
        connections of 10 streams for HTTP/2, {Seconds} s each, after a warm-up of {2 * Seconds} s (HTTP/1.1) and {Seconds} s (the
        others) of the same load: a proxy runs for days, and its JIT compiler only for seconds. The peers have one worker or
        thread each (caddy `GOMAXPROCS=1`); tls-proxy is not limited. The load generator and the upstream share the machine's
        cores with the proxy, so the request rate is that of all three together; CPU time per request is the proxy's alone. Idle
        memory is measured before the first request, peak memory after the last. kestrel is the server that tls-proxy is built on,
        without an upstream: the floor for any proxy on it.
        """;

    public IEnumerable<Requirement> Requirements =>
    [
        Requirement.ForPath("sidecars/tls-proxy/TlsProxy.csproj"),
        Requirement.ForProgram("nginx"),
        Requirement.ForProgram("wrk"),
        Requirement.ForProgram("h2load"),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        await WriteCertificateAsync(workspace, cancellationToken);
        Directory.CreateDirectory(workspace["www"]);
        await File.WriteAllTextAsync(workspace["www/answer"], new string('x', 1024), cancellationToken);
        var proxy = await workspace.PublishProjectAsync("sidecars/tls-proxy", cancellationToken);
        return
        [
            CreateContender(
                "tls-proxy", "as in its image, defaults", (port, upstream) => TlsServers.StartTlsProxy(workspace, proxy, port, upstream)),
            CreateContender(
                "nginx",
                "`worker_processes 1`, http2, keep-alive upstream",
                (port, upstream) => TlsServers.StartNginx(workspace, port, upstream)),
            CreateContender(
                "haproxy",
                "`nbthread 1`, `http-reuse always`",
                (port, upstream) => TlsServers.StartHaproxy(workspace, port, upstream),
                "haproxy"),
            CreateContender(
                "caddy", "`GOMAXPROCS=1`, `reverse_proxy`", (port, upstream) => TlsServers.StartCaddy(workspace, port, upstream), "caddy"),
            CreateContender(
                "kestrel",
                "no proxy: the server below tls-proxy, without an upstream",
                (port, _) => TlsServers.StartKestrel(workspace, port)),
        ];

        Contender CreateContender(string name, string description, Func<int, int, MeasuredProcess> start, params string[] programs) =>
            new(name, description, token => RunAsync(workspace, start, token))
            {
                Requirements = [.. programs.Select(Requirement.ForProgram)],
            };
    }

    private static async Task<Measurement> RunAsync(
        Workspace workspace, Func<int, int, MeasuredProcess> start, CancellationToken cancellationToken)
    {
        var (upstreamPort, port) = (FreePort.FindUnused(), FreePort.FindUnused());
        await using var upstream = TlsServers.StartUpstream(workspace, upstreamPort);
        await using var proxy = start(port, upstreamPort);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
        });
        var url = $"https://localhost:{port}/answer";
        await proxy.WaitUntilAsync(
            () => IsRespondingAsync(client, url, cancellationToken), "the server responds", Deadline, cancellationToken);

        var measurement = new Measurement { [Metric.IdleMemory] = proxy.Usage.ResidentBytes };
        await MeasureHttp1Async(proxy, url, measurement, cancellationToken);
        await MeasureHttp2Async(proxy, url, workspace["h2load.log"], measurement, cancellationToken);
        await MeasureConnectionsAsync(proxy, url, measurement, cancellationToken);
        measurement[Metric.PeakMemory] = proxy.Usage.PeakBytes;
        return measurement;
    }

    private static async Task MeasureHttp1Async(
        MeasuredProcess proxy, string url, Measurement measurement, CancellationToken cancellationToken)
    {
        await WrkResult.RunLoadAsync(url, Connections, 2 * Seconds, cancellationToken);
        var before = proxy.Usage.CpuSeconds;
        var wrk = await WrkResult.RunLoadAsync(url, Connections, Seconds, cancellationToken);
        measurement[Http1Rate] = wrk.RequestsPerSecond;
        measurement[Http1MedianLatency] = wrk.MedianMilliseconds;
        measurement[Http1P99Latency] = wrk.P99Milliseconds;
        measurement[Http1Cpu] = (proxy.Usage.CpuSeconds - before) / wrk.Requests * 1e6;
    }

    private static async Task MeasureHttp2Async(
        MeasuredProcess proxy, string url, string log, Measurement measurement, CancellationToken cancellationToken)
    {
        string[] arguments = ["-t1", "-c32", "-m10", $"-D{Seconds}", $"--log-file={log}", url];
        await MeasuredProcess.RunToEndAsync("h2load", arguments, cancellationToken);
        File.Delete(log);
        var before = proxy.Usage.CpuSeconds;
        var output = string.Join('\n', await MeasuredProcess.RunToEndAsync("h2load", arguments, cancellationToken));
        var rate = ParseH2LoadRate(output);
        measurement[Http2Rate] = rate;
        measurement[Http2Cpu] = (proxy.Usage.CpuSeconds - before) / (rate * Seconds) * 1e6;
        measurement[Http2P99Latency] = ReadP99Latency(log);
    }

    private static async Task MeasureConnectionsAsync(
        MeasuredProcess proxy, string url, Measurement measurement, CancellationToken cancellationToken)
    {
        await WrkResult.RunLoadAsync(url, Connections, Seconds, cancellationToken, "-H", "Connection: close");
        var before = proxy.Usage.CpuSeconds;
        var wrk = await WrkResult.RunLoadAsync(url, Connections, Seconds, cancellationToken, "-H", "Connection: close");
        measurement[ConnectionRate] = wrk.RequestsPerSecond;
        measurement[ConnectionP99Latency] = wrk.P99Milliseconds;
        measurement[ConnectionCpu] = (proxy.Usage.CpuSeconds - before) / wrk.Requests * 1e6;
    }

    private static async Task<bool> IsRespondingAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(new Uri(url), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static double ParseH2LoadRate(string output)
    {
        var failed = WrkResult.ParseNumber(H2LoadFailedPattern().Match(output));
        return failed == 0
            ? WrkResult.ParseNumber(H2LoadRatePattern().Match(output))
            : throw new BenchException($"h2load reports {failed} failed requests:\n{output}");
    }

    /// <summary>
    /// The 99th percentile in milliseconds. The third column of h2load's log is the duration of a request in microseconds.
    /// </summary>
    private static double ReadP99Latency(string log)
    {
        var microseconds = File.ReadLines(log)
            .Select(line => double.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture))
            .Order()
            .ToList();
        return microseconds.Count > 0
            ? microseconds[microseconds.Count * 99 / 100] / 1000
            : throw new BenchException("the log of h2load is empty");
    }

    private static async Task WriteCertificateAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        using var authority = new CertificateAuthority(hasIntermediate: false);
        var certificate = authority.IssueCertificate();
        Directory.CreateDirectory(workspace["tls"]);
        await File.WriteAllTextAsync(workspace["tls/tls.crt"], certificate.CertificatesPem, cancellationToken);
        await File.WriteAllTextAsync(workspace["tls/tls.key"], certificate.KeyPem, cancellationToken);
        await File.WriteAllTextAsync(workspace["tls/both.pem"], $"{certificate.CertificatesPem}{certificate.KeyPem}\n", cancellationToken);
    }

    [GeneratedRegex(@"finished in [0-9.]+m?s, ([0-9.]+) req/s")]
    private static partial Regex H2LoadRatePattern();

    [GeneratedRegex(@"([0-9]+) failed")]
    private static partial Regex H2LoadFailedPattern();
}
