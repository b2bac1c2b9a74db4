using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>The TLS proxy beside nginx in its place.</summary>
internal sealed partial class TlsTermination : IBenchCase
{
    private const int Connections = 64;
    private const int Seconds = 8;
    private const int WarmUpSeconds = 4;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly Metric Http1 = new("HTTP/1.1", "requests/s", HigherIsBetter: true);
    private static readonly Metric Http1Median = new("HTTP/1.1 median latency", "ms");
    private static readonly Metric Http1Tail = new("HTTP/1.1 p99 latency", "ms");
    private static readonly Metric Http2 = new("HTTP/2", "requests/s", HigherIsBetter: true);
    private static readonly Metric NewConnections = new("a connection a request", "requests/s", HigherIsBetter: true);
    private static readonly Metric CpuPerRequest = new("CPU time a request, HTTP/1.1", "µs");

    public string Name => "proxy";

    public string Question => "What does the TLS proxy take and give beside nginx in the same place?";

    public string Conditions =>
        $"""
        One certificate (ECDSA P-256), one plain nginx upstream with answers of 1 KiB, keep-alive to it; TLS 1.2 and 1.3, an access
        log line a request, thrown away. `wrk` with {Connections} connections and one thread for HTTP/1.1 and for a connection a
        request (`Connection: close`, with session resumption as each server has it by default), `h2load` with 32 connections of
        10 streams for HTTP/2, {Seconds} s each, after {WarmUpSeconds} s of load that do not count. The load generator and the upstream share the machine's cores with the proxy, so
        requests a second are those of all three together. Idle memory is before the first request, peak memory after the last.
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
            new Contender("tls-proxy", "published in Release, defaults", token => RunAsync(workspace, (port, upstream) => StartOurs(workspace, proxy, port, upstream), token)),
            new Contender("nginx", "`worker_processes auto`, http2, keep-alive upstream", token => RunAsync(workspace, (port, upstream) => StartNginx(workspace, port, upstream), token)),
        ];
    }

    private static async Task<Measurement> RunAsync(Workspace workspace, Func<int, int, ChildProcess> start, CancellationToken cancellationToken)
    {
        var (upstreamPort, port) = (FreePort.Take(), FreePort.Take());
        await using var upstream = Nginx(workspace, "upstream", $$"""
            server { listen 127.0.0.1:{{upstreamPort}} backlog=4096; access_log off; root {{workspace["www"]}}; keepalive_requests 1000000; }
            """);
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

        // The first seconds are those of a compiler at work; how long a start takes is another case's question.
        await OutputAsync("wrk", ["-t1", $"-c{Connections}", $"-d{WarmUpSeconds}s", url], cancellationToken);
        var warm = proxy.Usage;
        var wrk = await OutputAsync("wrk", ["-t1", $"-c{Connections}", $"-d{Seconds}s", "--latency", url], cancellationToken);
        var (requests, rate) = Wrk(wrk);
        measurement[Http1] = rate;
        measurement[Http1Median] = Latency(wrk, "50%");
        measurement[Http1Tail] = Latency(wrk, "99%");
        measurement[CpuPerRequest] = (proxy.Usage.CpuSeconds - warm.CpuSeconds) / requests * 1e6;

        measurement[Http2] = H2Load(await OutputAsync("h2load", ["-t1", "-c32", "-m10", $"-D{Seconds}", url], cancellationToken));
        measurement[NewConnections] = Wrk(await OutputAsync("wrk", ["-t1", $"-c{Connections}", $"-d{Seconds}s", "-H", "Connection: close", url], cancellationToken)).Rate;

        var usage = proxy.Usage;
        measurement[Metric.Cpu] = usage.CpuSeconds - warm.CpuSeconds;
        measurement[Metric.PeakMemory] = usage.PeakBytes;
        return measurement;
    }

    private static ChildProcess StartOurs(Workspace workspace, string program, int port, int upstream) => ChildProcess.Start("sh",
    [
        "-c",
        $"exec dotnet {program} --Https:Port={port} --Http:Port=-1 --Management:Port=0 --Listen:Address=localhost " +
        $"--Upstream:Url=http://127.0.0.1:{upstream} --Tls:Directory={workspace["tls"]} --Shutdown:DelaySeconds=0 >/dev/null",
    ]);

    private static ChildProcess StartNginx(Workspace workspace, int port, int upstream) => Nginx(workspace, "proxy", $$"""
        upstream application { server 127.0.0.1:{{upstream}}; keepalive 128; keepalive_requests 1000000; }
        server {
          listen 127.0.0.1:{{port}} ssl http2 backlog=4096;
          ssl_certificate {{workspace["tls/tls.crt"]}};
          ssl_certificate_key {{workspace["tls/tls.key"]}};
          ssl_protocols TLSv1.2 TLSv1.3;
          keepalive_requests 1000000;
          access_log /dev/null combined;
          location / {
            proxy_pass http://application;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
          }
        }
        """);

    private static ChildProcess Nginx(Workspace workspace, string name, string http)
    {
        var directory = Directory.CreateDirectory(workspace[name]).FullName;
        var configuration = Path.Combine(directory, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            worker_processes auto;
            pid {{directory}}/pid;
            error_log stderr warn;
            events { worker_connections 4096; }
            http {
              default_type text/plain;
              client_body_temp_path {{directory}}/body; proxy_temp_path {{directory}}/proxy; fastcgi_temp_path {{directory}}/fastcgi;
              uwsgi_temp_path {{directory}}/uwsgi; scgi_temp_path {{directory}}/scgi;
              {{http}}
            }
            """);
        return ChildProcess.Start(Need.FindProgram("nginx")!, ["-p", directory, "-c", configuration]);
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

    /// <summary>Requests and requests a second of wrk; one that did not succeed spoils the run.</summary>
    private static (double Requests, double Rate) Wrk(string output)
    {
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
        {
            throw new BenchException($"wrk saw errors:\n{output}");
        }

        return (Number(WrkRequests().Match(output)), Number(WrkRate().Match(output)));
    }

    private static double H2Load(string output)
    {
        var failed = Number(H2LoadFailed().Match(output));
        return failed == 0 ? Number(H2LoadRate().Match(output)) : throw new BenchException($"h2load saw {failed} failures:\n{output}");
    }

    private static double Latency(string output, string percentile)
    {
        var match = Regex.Match(output, $@"{percentile}\s+([0-9.]+)(us|ms|s)");
        return Number(match) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
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
    }

    [GeneratedRegex(@"([0-9]+) requests in ")]
    private static partial Regex WrkRequests();

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex WrkRate();

    [GeneratedRegex(@"finished in [0-9.]+m?s, ([0-9.]+) req/s")]
    private static partial Regex H2LoadRate();

    [GeneratedRegex(@"([0-9]+) failed")]
    private static partial Regex H2LoadFailed();
}
