namespace MetricsRelay.Page;

/// <summary>The families from which the charts are drawn; null where there is none.</summary>
internal readonly record struct TrafficSources(string? Requests, string? Latency, string? InFlight);
