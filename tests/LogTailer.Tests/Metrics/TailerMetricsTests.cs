using System.Text;
using LogTailer.Blocks;
using LogTailer.Files;
using LogTailer.Metrics;
using Prometheus;

namespace LogTailer.Tests.Metrics;

/// <summary>The instruments: names, labels, initial values.</summary>
public sealed class TailerMetricsTests
{
    private static readonly string[] Counters =
    [
        "log_tailer_bytes_total",
        "log_tailer_dead_letters_total",
        "log_tailer_lines_dropped_total",
        "log_tailer_lines_filtered_total",
        "log_tailer_lines_total",
        "log_tailer_lines_truncated_total",
    ];

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();

    [Fact]
    public async Task Single_sink_has_no_label_and_its_counters_start_at_zero()
    {
        CreateMetrics(hasSinkLabel: false).CreateSinkMetrics("default").DeclareRotationKinds("rename", "truncate");

        var page = await ExportAsync();

        Assert.All(Counters, name => Assert.Contains($"\n{name} 0\n", page, StringComparison.Ordinal));
        Assert.Contains("\nlog_tailer_rotations_total{kind=\"rename\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_sink_duration_seconds_count 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_delivery_delay_seconds_bucket{le=\"3600\"} 0\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_sinks_are_distinguished_by_a_label()
    {
        var metrics = CreateMetrics(hasSinkLabel: true);
        metrics.CreateSinkMetrics("console");
        var loki = metrics.CreateSinkMetrics("loki");
        loki.DeclareRetryReasons("timeout");
        loki.CountBatch("ok", TimeSpan.FromSeconds(0.2));

        var page = await ExportAsync();

        Assert.All(Counters, name => Assert.Contains($"\n{name}{{sink=\"console\"}} 0\n", page, StringComparison.Ordinal));
        Assert.Contains("\nlog_tailer_sink_batches_total{sink=\"loki\",outcome=\"ok\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_sink_retries_total{sink=\"loki\",reason=\"timeout\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_sink_duration_seconds_bucket{sink=\"loki\",le=\"0.25\"} 1\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acknowledgement_counts_lines_bytes_truncations_and_delay()
    {
        var metrics = CreateMetrics(hasSinkLabel: false).CreateSinkMetrics("default");
        var file = new FollowedFile("app.log", default, default, 0);

        metrics.CountAcknowledgement(new LineReceipt(file, 100, 100, 3, 1, DateTime.UnixEpoch), TimeSpan.FromSeconds(-1));
        metrics.CountAcknowledgement(new LineReceipt(file, 101, 1, 0, 0, DateTime.UnixEpoch), TimeSpan.FromSeconds(9));

        var page = await ExportAsync();
        Assert.Contains("\nlog_tailer_lines_total 3\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_bytes_total 101\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_lines_truncated_total 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_delivery_delay_seconds_count 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_delivery_delay_seconds_sum 0\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gauges_are_read_at_each_scrape()
    {
        var metrics = CreateMetrics(hasSinkLabel: false);
        var (lag, age) = (5L, TimeSpan.FromSeconds(2));
        metrics.CreateSinkMetrics("default").ObserveFiles(() => lag, () => 1);
        metrics.ObserveCheckpointAge(() => age);
        Assert.Contains("\nlog_tailer_lag_bytes 5\n", await ExportAsync(), StringComparison.Ordinal);

        (lag, age) = (7, TimeSpan.Zero);

        var page = await ExportAsync();
        Assert.Contains("\nlog_tailer_lag_bytes 7\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_files_open 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nlog_tailer_checkpoint_age_seconds 0\n", page, StringComparison.Ordinal);
    }

    private TailerMetrics CreateMetrics(bool hasSinkLabel)
        => new(Prometheus.Metrics.WithCustomRegistry(_registry), _registry, hasSinkLabel);

    private async Task<string> ExportAsync()
    {
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
