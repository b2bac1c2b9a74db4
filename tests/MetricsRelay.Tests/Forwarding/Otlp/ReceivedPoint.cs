namespace MetricsRelay.Tests.Forwarding.Otlp;

/// <summary>A point that a collector accepted: its content as one line of text, and its times in milliseconds.</summary>
internal sealed record ReceivedPoint(string Metric, string Attributes, string Data, long Start, long Time, bool IsEnd);
