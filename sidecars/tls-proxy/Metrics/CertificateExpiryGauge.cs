using Prometheus;

namespace TlsProxy.Metrics;

/// <summary>The expiry time of the certificate served for each name. A name that is no longer served disappears.</summary>
internal sealed class CertificateExpiryGauge(IMetricFactory metrics)
{
    private readonly Lock _lock = new();
    private readonly Gauge _gauge = metrics.CreateGauge(
        "tls_proxy_certificate_expiry_timestamp_seconds",
        "Expiry time of the certificate served for a name, in seconds since 1970.",
        ["server_name"]);

    public void ReplaceAll(IReadOnlyDictionary<string, long> expiries)
    {
        lock (_lock)
        {
            foreach (var labels in _gauge.GetAllLabelValues().ToList())
            {
                if (!expiries.ContainsKey(labels[0]))
                {
                    _gauge.RemoveLabelled(labels);
                }
            }

            foreach (var (name, expiry) in expiries)
            {
                _gauge.WithLabels(name).Set(expiry);
            }
        }
    }
}
