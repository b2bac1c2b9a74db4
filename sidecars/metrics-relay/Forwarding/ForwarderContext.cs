using Prometheus;

namespace MetricsRelay.Forwarding;

/// <summary>The services of the process that every forwarder uses.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Problems">Receives the failures of a receiver.</param>
/// <param name="Metrics">Creates the relay's own metrics.</param>
/// <param name="Registry">Collects them.</param>
internal sealed record ForwarderContext(TimeProvider Time, Problems Problems, IMetricFactory Metrics, CollectorRegistry Registry);
