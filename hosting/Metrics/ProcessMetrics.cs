using System.Diagnostics;
using Hosting.Configuration;
using Prometheus;

namespace Hosting.Metrics;

/// <summary>The metrics that identify a process: its version and its start time.</summary>
internal sealed class ProcessMetrics
{
    public ProcessMetrics(IMetricFactory metrics, ProcessIdentity process)
    {
        using var current = Process.GetCurrentProcess();
        var startedAt = new DateTimeOffset(current.StartTime.ToUniversalTime());
        metrics
            .CreateGauge("process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.")
            .Set(startedAt.ToUnixTimeMilliseconds() / 1000.0);
        metrics
            .CreateGauge($"{process.MetricPrefix}_build_info", "Version of the program; the value is always 1.", ["version"])
            .WithLabels(process.Version)
            .Set(1);
        DroppedMeasurements = metrics.CreateCounter(
            $"{process.MetricPrefix}_metric_measurements_dropped_total",
            "Measurements dropped because their metric reached its limit of series; the log names the metric.");
    }

    /// <summary>Counts the measurements that were dropped because their metric reached its limit of series.</summary>
    public Counter DroppedMeasurements { get; }
}
