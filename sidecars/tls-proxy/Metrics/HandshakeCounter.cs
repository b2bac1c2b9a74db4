using Prometheus;

namespace TlsProxy.Metrics;

/// <summary>Counts TLS handshakes by outcome and version.</summary>
internal sealed class HandshakeCounter
{
    private readonly Counter _counter;
    private readonly Counter.Child _ok12;
    private readonly Counter.Child _ok13;
    private readonly Counter.Child _failed;
    private readonly Counter.Child _timeout;

    public HandshakeCounter(IMetricFactory metrics)
    {
        _counter = metrics.CreateCounter("tls_proxy_handshakes_total", "TLS handshakes, by outcome and version.", ["outcome", "version"]);
        _ok12 = _counter.WithLabels("ok", "1.2");
        _ok13 = _counter.WithLabels("ok", "1.3");
        _failed = _counter.WithLabels("failed", "none");
        _timeout = _counter.WithLabels("timeout", "none");
    }

    public void CountHandshake(string outcome, string version)
    {
        var child = (outcome, version) switch
        {
            ("ok", "1.3") => _ok13,
            ("ok", "1.2") => _ok12,
            ("failed", "none") => _failed,
            ("timeout", "none") => _timeout,
            _ => _counter.WithLabels(outcome, version),
        };
        child.Inc();
    }
}
