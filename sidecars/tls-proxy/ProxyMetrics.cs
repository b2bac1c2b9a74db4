using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace TlsProxy;

/// <summary>Every instrument of the proxy, each label from a bounded set.</summary>
internal sealed class ProxyMetrics
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    private static readonly ConcurrentDictionary<int, string> Codes = new();

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _upstreamErrors;
    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _notTls;
    private readonly Counter<long> _clientCertificates;
    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _certificateReloads;
    private readonly Counter<long> _accessLogDropped;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _mirrored;
    private readonly Counter<long> _faults;
    private readonly Counter<long> _canary;

    public ProxyMetrics(IMeterFactory meters, ProcessIdentity process)
    {
        _meter = meters.Create(process.MetricPrefix);
        _requests = _meter.CreateCounter<long>("tls_proxy_requests_total", description: "Requests that were answered, by status code and method.");
        _duration = _meter.CreateHistogram(
            "tls_proxy_request_duration_seconds",
            unit: "s",
            description: "Time from a request's headers to the end of its answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
        _upstreamErrors = _meter.CreateCounter<long>("tls_proxy_upstream_errors_total", description: "Requests that the application did not answer, by reason.");
        _handshakes = _meter.CreateCounter<long>("tls_proxy_handshakes_total", description: "TLS handshakes, by outcome and version.");
        _notTls = _meter.CreateCounter<long>("tls_proxy_not_tls_total", description: "Connections to the TLS port that spoke something else.");
        _clientCertificates = _meter.CreateCounter<long>("tls_proxy_client_certificates_total", description: "Certificates that clients showed, by outcome: accepted, untrusted or not_allowed.");
        _connections = _meter.CreateUpDownCounter<long>("tls_proxy_connections", description: "Open connections of clients.");
        _inFlight = _meter.CreateUpDownCounter<long>("tls_proxy_requests_in_flight", description: "Requests that are with the application now.");
        _certificateReloads = _meter.CreateCounter<long>("tls_proxy_certificate_reloads_total", description: "New content of certificate directories, by outcome: applied or rejected.");
        _accessLogDropped = _meter.CreateCounter<long>("tls_proxy_access_log_dropped_total", description: "Lines of the access log that were dropped because stdout was not read.");
        _refused = _meter.CreateCounter<long>("tls_proxy_requests_refused_total", description: "Requests that were not passed on, by reason.");
        _retries = _meter.CreateCounter<long>("tls_proxy_retries_total", description: "Requests that were sent again, by reason (connect, broken, status), and those that the budget forbade (over_budget).");
        _mirrored = _meter.CreateCounter<long>("tls_proxy_mirrored_total", description: "Copies of requests, by outcome: sent, failed, dropped, too_large, no_destination.");
        _faults = _meter.CreateCounter<long>("tls_proxy_faults_total", description: "Faults that were injected on purpose, by kind: delay or abort.");
        _canary = _meter.CreateCounter<long>("tls_proxy_canary_requests_total", description: "Requests of routes with a canary, by route and by the cluster that got them.");

        // A rate needs the zero before the first event.
        _certificateReloads.Add(0, new KeyValuePair<string, object?>("outcome", "applied"));
        _certificateReloads.Add(0, new KeyValuePair<string, object?>("outcome", "rejected"));
        _accessLogDropped.Add(0);
        _connections.Add(0);
        _inFlight.Add(0);
    }

    public void Request(int code, string method, double seconds)
    {
        _requests.Add(1, new("code", Code(code)), new("method", Method(method)));
        _duration.Record(seconds);
    }

    public void UpstreamError(string reason) => _upstreamErrors.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Refused(string reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Retry(string reason) => _retries.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Mirrored(string outcome) => _mirrored.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Fault(string kind) => _faults.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void Canary(string route, string cluster) => _canary.Add(1, new("route", route), new("cluster", cluster));

    public void Handshake(string outcome, string version)
    {
        var tags = new TagList { { "outcome", outcome }, { "version", version } };
        _handshakes.Add(1, tags);
    }

    public void ClientCertificate(string outcome) => _clientCertificates.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void NotTls() => _notTls.Add(1);

    public void ConnectionOpened() => _connections.Add(1);

    public void ConnectionClosed() => _connections.Add(-1);

    public void UpstreamStarted() => _inFlight.Add(1);

    public void UpstreamEnded() => _inFlight.Add(-1);

    public void CertificateReload(string outcome) => _certificateReloads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void AccessLogDropped(int lines) => _accessLogDropped.Add(lines);

    public void ObserveExpiry(Func<IEnumerable<Measurement<double>>> measure) => _meter.CreateObservableGauge(
        "tls_proxy_certificate_expiry_timestamp_seconds", measure, unit: "s", description: "When the certificate of a name ends, in seconds since 1970.");

    /// <summary>A client can make up methods without end; the known ones are told apart.</summary>
    private static string Method(string method) => Array.IndexOf(Methods, method) >= 0 ? method : "other";

    private static string Code(int code) => Codes.GetOrAdd(code, static c => c.ToString(CultureInfo.InvariantCulture));
}
