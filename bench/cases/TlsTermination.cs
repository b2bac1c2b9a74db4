using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>The TLS proxy, and nginx, haproxy and caddy in its place.</summary>
internal sealed partial class TlsTermination : IBenchCase
{
    private const int Connections = 64;

    /// <summary>Of each of the three loads; 8 unless <c>BENCH_PROXY_SECONDS</c> says otherwise.</summary>
    private static readonly int Seconds =
        int.TryParse(Environment.GetEnvironmentVariable("BENCH_PROXY_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? Math.Max(1, seconds) : 8;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly Metric Http1 = new("HTTP/1.1", "requests/s", HigherIsBetter: true);
    private static readonly Metric Http1Median = new("HTTP/1.1 median latency", "ms");
    private static readonly Metric Http1Tail = new("HTTP/1.1 p99 latency", "ms");
    private static readonly Metric Http2 = new("HTTP/2", "requests/s", HigherIsBetter: true);
    private static readonly Metric Http2Tail = new("HTTP/2 p99 latency", "ms");
    private static readonly Metric NewConnections = new("a connection a request", "requests/s", HigherIsBetter: true);
    private static readonly Metric NewConnectionsTail = new("a connection a request, p99 latency", "ms");
    private static readonly Metric Http1Cpu = new("HTTP/1.1, CPU time a request", "µs");
    private static readonly Metric Http2Cpu = new("HTTP/2, CPU time a request", "µs");
    private static readonly Metric NewConnectionsCpu = new("a connection a request, CPU time", "µs");

    public string Name => "proxy";

    public string Question => "What does the TLS proxy take and give beside nginx, haproxy and caddy in the same place?";

    public string Conditions =>
        $"""
        One certificate (ECDSA P-256), one plain nginx upstream with answers of 1 KiB, keep-alive to it; TLS 1.2 and 1.3, an access
        log line a request, thrown away. `wrk` with {Connections} connections and one thread for HTTP/1.1 and for a connection a
        request (`Connection: close`, with session resumption as each server has it by default), `h2load` with 32 connections of
        10 streams for HTTP/2, {Seconds} s each, after {2 * Seconds} s (HTTP/1.1) and {Seconds} s (the others) of the same load
        that do not count: a proxy runs for days, and its compiler for seconds. The peers have one worker or
        thread each (caddy `GOMAXPROCS=1`), tls-proxy as many as it takes. The load generator and the upstream share the
        machine's cores with the proxy, so requests a second are those of all three together; CPU time a request is the
        proxy's own. Idle memory is before the first request, peak memory after the last. kestrel is the server that
        tls-proxy is built on, with no upstream: what it takes is the least that any proxy on it can.
        """;

    public IEnumerable<Need> Needs(Repository repository) =>
    [
        Need.Path(repository, "sidecars/tls-proxy/TlsProxyOptions.cs"), Need.Program("nginx"), Need.Program("wrk"), Need.Program("h2load"),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        await WriteCertificateAsync(workspace, cancellationToken);
        Directory.CreateDirectory(workspace["www"]);
        await File.WriteAllTextAsync(workspace["www/answer"], new string('x', 1024), cancellationToken);
        var proxy = await workspace.PublishAsync("sidecars/tls-proxy", cancellationToken);
        return
        [
            new Contender("tls-proxy", "as its image has it, defaults", token => RunAsync(workspace, (port, upstream) => TlsServers.Ours(workspace, proxy, port, upstream), token)),
            new Contender("nginx", "`worker_processes 1`, http2, keep-alive upstream", token => RunAsync(workspace, (port, upstream) => TlsServers.Nginx(workspace, port, upstream), token)),
            new Contender("haproxy", "`nbthread 1`, `http-reuse always`", token => RunAsync(workspace, (port, upstream) => TlsServers.Haproxy(workspace, port, upstream), token))
            {
                Needs = [Need.Program("haproxy")],
            },
            new Contender("caddy", "`GOMAXPROCS=1`, `reverse_proxy`", token => RunAsync(workspace, (port, upstream) => TlsServers.Caddy(workspace, port, upstream), token))
            {
                Needs = [Need.Program("caddy")],
            },
            new Contender("kestrel", "no proxy: the server below tls-proxy answers itself", token => RunAsync(workspace, (port, _) => TlsServers.Bare(workspace, port), token)),
        ];
    }

    private static async Task<Measurement> RunAsync(Workspace workspace, Func<int, int, ChildProcess> start, CancellationToken cancellationToken)
    {
        var (upstreamPort, port) = (FreePort.Take(), FreePort.Take());
        await using var upstream = TlsServers.Upstream(workspace, upstreamPort);
        await using var proxy = start(port, upstreamPort);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
        });
        var url = $"https://localhost:{port}/answer";
        await proxy.UntilAsync(() => AnswersAsync(client, url, cancellationToken), "it answers", Deadline, cancellationToken);

        var measurement = new Measurement();
        var idle = proxy.Usage;
        measurement[Metric.IdleMemory] = idle.ResidentBytes;

        // How long a start takes is another case's question.
        await Wrk.RunAsync(url, Connections, 2 * Seconds, cancellationToken);
        var before = proxy.Usage.CpuSeconds;
        var wrk = await Wrk.RunAsync(url, Connections, Seconds, cancellationToken);
        measurement[Http1] = wrk.Rate;
        measurement[Http1Median] = wrk.MedianMilliseconds;
        measurement[Http1Tail] = wrk.P99Milliseconds;
        measurement[Http1Cpu] = (proxy.Usage.CpuSeconds - before) / wrk.Requests * 1e6;

        var log = workspace["h2load.log"];
        for (var counts = 0; counts < 2; counts++)
        {
            File.Delete(log);
            before = proxy.Usage.CpuSeconds;
            measurement[Http2] = H2Load(await OutputAsync("h2load", ["-t1", "-c32", "-m10", $"-D{Seconds}", $"--log-file={log}", url], cancellationToken));
            measurement[Http2Cpu] = (proxy.Usage.CpuSeconds - before) / (measurement[Http2] * Seconds) * 1e6;
            measurement[Http2Tail] = Tail(log);
        }

        await Wrk.RunAsync(url, Connections, Seconds, cancellationToken, "-H", "Connection: close");
        before = proxy.Usage.CpuSeconds;
        var closing = await Wrk.RunAsync(url, Connections, Seconds, cancellationToken, "-H", "Connection: close");
        measurement[NewConnections] = closing.Rate;
        measurement[NewConnectionsTail] = closing.P99Milliseconds;

        measurement[NewConnectionsCpu] = (proxy.Usage.CpuSeconds - before) / closing.Requests * 1e6;
        measurement[Metric.PeakMemory] = proxy.Usage.PeakBytes;
        return measurement;
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(url), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<string> OutputAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        string.Join('\n', await ChildProcess.OutputOfAsync(program, arguments, cancellationToken));

    private static double H2Load(string output)
    {
        var failed = Number(H2LoadFailed().Match(output));
        return failed == 0 ? Number(H2LoadRate().Match(output)) : throw new BenchException($"h2load saw {failed} failures:\n{output}");
    }

    /// <summary>The 99th percentile, in milliseconds, of h2load's log: start, status and microseconds of each request.</summary>
    private static double Tail(string log)
    {
        var microseconds = File.ReadLines(log).Select(line => double.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture)).Order().ToList();
        return microseconds.Count > 0 ? microseconds[microseconds.Count * 99 / 100] / 1000 : throw new BenchException("h2load has no request in its log");
    }

    private static double Number(Match match) => match.Success
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new BenchException("the load generator's output was not understood");

    private static async Task WriteCertificateAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        Directory.CreateDirectory(workspace["tls"]);
        await File.WriteAllTextAsync(workspace["tls/tls.crt"], certificate.ExportCertificatePem(), cancellationToken);
        await File.WriteAllTextAsync(workspace["tls/tls.key"], key.ExportPkcs8PrivateKeyPem(), cancellationToken);
        await File.WriteAllTextAsync(workspace["tls/both.pem"], $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n", cancellationToken);
    }

    [GeneratedRegex(@"finished in [0-9.]+m?s, ([0-9.]+) req/s")]
    private static partial Regex H2LoadRate();

    [GeneratedRegex(@"([0-9]+) failed")]
    private static partial Regex H2LoadFailed();
}
