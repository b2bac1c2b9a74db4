using System.Collections.Concurrent;
using Prometheus;

namespace TlsProxy.Metrics;

/// <summary>The metrics of the proxy. Every label has a bounded set of values.</summary>
internal sealed class ProxyMetrics(IMetricFactory metrics)
{
    private readonly RequestCounter _requests = new(metrics);

    private readonly Histogram _duration = metrics.CreateHistogram(
        "tls_proxy_request_duration_seconds",
        "Time from the request headers to the end of the response.",
        new HistogramConfiguration { Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    private readonly LabeledCounter _upstreamErrors = new(
        metrics,
        "tls_proxy_upstream_errors_total",
        "Requests without a response from the application, by reason.",
        "reason",
        "no_destination",
        "overloaded",
        "upstream_broken",
        "upstream_timeout",
        "upstream_unavailable",
        "upstream_unreachable",
        "upstream_untrusted");

    private readonly HandshakeCounter _handshakes = new(metrics);

    private readonly Counter _notTls = metrics.CreateCounter(
        "tls_proxy_not_tls_total", "Connections to the TLS port that did not start with TLS.");

    private readonly LabeledCounter _clientCertificates = new(
        metrics,
        "tls_proxy_client_certificates_total",
        "Certificates presented by clients, by outcome: accepted, untrusted or not_allowed.",
        "outcome",
        "accepted",
        "untrusted",
        "not_allowed");

    private readonly Gauge _connections = metrics.CreateGauge("tls_proxy_connections", "Open client connections.");

    private readonly Gauge _inFlight = metrics.CreateGauge(
        "tls_proxy_requests_in_flight", "Requests currently being processed by the application.");

    private readonly LabeledCounter _certificateReloads = new(
        metrics,
        "tls_proxy_certificate_reloads_total",
        "Changed contents of certificate directories, by outcome: applied or rejected.",
        "outcome",
        "applied",
        "rejected");

    private readonly Counter _accessLogDropped = metrics.CreateCounter(
        "tls_proxy_access_log_dropped_total", "Access log lines dropped because stdout was not read.");

    private readonly LabeledCounter _rejected = new(
        metrics,
        "tls_proxy_requests_refused_total",
        "Requests that were not forwarded, by reason.",
        "reason",
        "bad_framing",
        "bad_header",
        "bad_request",
        "bad_request_body",
        "bad_target",
        "headers_too_large",
        "method_not_allowed",
        "rate_limited",
        "request_timeout",
        "target_too_long",
        "unauthenticated",
        "unknown_protocol");

    private readonly LabeledCounter _retries = new(
        metrics,
        "tls_proxy_retries_total",
        "Retried requests, by reason (connect, broken, status), and retries denied by the budget (over_budget).",
        "reason",
        "connect",
        "broken",
        "status",
        "over_budget");

    private readonly LabeledCounter _mirrored = new(
        metrics,
        "tls_proxy_mirrored_total",
        "Copies of requests, by outcome: sent, failed, dropped, too_large, no_destination.",
        "outcome",
        "sent",
        "failed",
        "dropped",
        "too_large",
        "no_destination");

    private readonly LabeledCounter _faults = new(
        metrics, "tls_proxy_faults_total", "Deliberately injected faults, by kind: delay or abort.", "kind", "delay", "abort");

    private readonly Counter _canary = metrics.CreateCounter(
        "tls_proxy_canary_requests_total", "Requests of routes with a canary, by route and chosen cluster.", ["cluster", "route"]);

    private readonly ConcurrentDictionary<(string Route, string Cluster), Counter.Child> _canaryChildren = new();

    private readonly CertificateExpiryGauge _certificateExpiry = new(metrics);

    public void RecordRequest(int code, string method, TimeSpan duration)
    {
        _requests.CountRequest(code, method);
        _duration.Observe(duration.TotalSeconds);
    }

    public void CountUpstreamError(string reason) => _upstreamErrors.IncrementFor(reason);

    public void CountRejectedRequest(string reason) => _rejected.IncrementFor(reason);

    public void CountRetry(string reason) => _retries.IncrementFor(reason);

    public void CountMirroredRequest(string outcome) => _mirrored.IncrementFor(outcome);

    public void CountInjectedFault(string kind) => _faults.IncrementFor(kind);

    public void CountCanaryRequest(string route, string cluster) => GetCanarySeries(route, cluster).Inc();

    /// <summary>Exports the series of a route with a canary as 0, before its first request.</summary>
    public void CreateCanarySeries(string route, string cluster) => GetCanarySeries(route, cluster);

    /// <param name="outcome"><c>ok</c>, <c>failed</c> or <c>timeout</c>.</param>
    /// <param name="version">The TLS version; <c>none</c> without a completed handshake.</param>
    public void CountHandshake(string outcome, string version) => _handshakes.CountHandshake(outcome, version);

    public void CountClientCertificate(string outcome) => _clientCertificates.IncrementFor(outcome);

    public void CountNonTlsConnection() => _notTls.Inc();

    public void ConnectionOpened() => _connections.Inc();

    public void ConnectionClosed() => _connections.Dec();

    public void UpstreamRequestStarted() => _inFlight.Inc();

    public void UpstreamRequestEnded() => _inFlight.Dec();

    public void CountCertificateReload(string outcome) => _certificateReloads.IncrementFor(outcome);

    public void CountDroppedLogLines(int lines) => _accessLogDropped.Inc(lines);

    /// <summary>Replaces the expiry time of every server name.</summary>
    /// <param name="expiries">By server name, seconds since 1970.</param>
    public void PublishCertificateExpiry(IReadOnlyDictionary<string, long> expiries) => _certificateExpiry.ReplaceAll(expiries);

    private Counter.Child GetCanarySeries(string route, string cluster) =>
        _canaryChildren.GetOrAdd((route, cluster), static (key, counter) => counter.WithLabels(key.Cluster, key.Route), _canary);
}
