using System.Net.Http.Json;
using System.Text.Json;

namespace MetricsRelay.Tests.Peers;

/// <summary>A real VictoriaMetrics receives remote write.</summary>
public sealed class VictoriaMetricsTests
{
    [RequiresFact("victoria-metrics")]
    public async Task VictoriaMetrics_receives_every_value_of_the_target_by_remote_write()
    {
        using var directory = new TemporaryDirectory();
        var port = FreePort.FindUnused();
        await using var target = await FakeTarget.StartAsync(
            "# TYPE h histogram\nh_bucket{le=\"0.1\"} 4\nh_bucket{le=\"+Inf\"} 7\nh_sum 1.25\nh_count 7\n# TYPE t gauge\nt{city=\"Zürich\"} -3.5\n");
        await using var victoria = ChildProcess.Start(
            "victoria-metrics", [$"-storageDataPath={directory.Path}/data", $"-httpListenAddr=127.0.0.1:{port}"]);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms", $"--RemoteWrite:Url=http://127.0.0.1:{port}/api/v1/write");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        string[] expected = ["h_bucket 0.1 4", "h_bucket +Inf 7", "h_count 7", "h_sum 1.25", "t -3.5"];

        var got = "";
        await Eventually.AssertAsync(
            async () =>
            {
                got = string.Join('\n', await QueryAsync());
                return expected.All(line => got.Split('\n').Contains(line));
            },
            () => got + string.Join('\n', victoria.Errors.TakeLast(5)));

        async Task<IEnumerable<string>> QueryAsync()
        {
            try
            {
                var query = Uri.EscapeDataString("{__name__=~\"h_.*|t\"}");
                var response = await client.GetFromJsonAsync<JsonElement>(new Uri($"/api/v1/query?latency_offset=1ms&query={query}", UriKind.Relative));
                return response.GetProperty("data").GetProperty("result").EnumerateArray().Select(result =>
                {
                    var labels = result.GetProperty("metric");
                    var le = labels.TryGetProperty("le", out var bound) ? bound.GetString() + " " : "";
                    return $"{labels.GetProperty("__name__").GetString()} {le}{result.GetProperty("value")[1].GetString()}";
                });
            }
            catch (HttpRequestException)
            {
                // It is not listening yet.
                return [];
            }
        }
    }

    [RequiresFact("victoria-metrics")]
    public async Task VictoriaMetrics_that_was_stopped_receives_all_samples()
    {
        using var directory = new TemporaryDirectory();
        using var queue = new TemporaryDirectory();
        var port = FreePort.FindUnused();
        string[] arguments = [$"-storageDataPath={directory.Path}/data", $"-httpListenAddr=127.0.0.1:{port}"];
        var scrapes = 0;
        await using var target = await FakeTarget.StartAsync(context => FakeTarget.WriteAsync(
            context, System.Text.Encoding.UTF8.GetBytes($"n {Interlocked.Increment(ref scrapes)}\n"), "text/plain"));
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms",
            $"--RemoteWrite:Url=http://127.0.0.1:{port}/api/v1/write", $"--Queue:Directory={queue.Path}");

        await using (var first = ChildProcess.Start("victoria-metrics", arguments))
        {
            await Eventually.AssertAsync(async () => (await ValuesAsync("n")).Count > 3, () => string.Join('\n', first.Errors.TakeLast(5)));
            await first.TerminateAsync();
        }

        var during = Volatile.Read(ref scrapes);
        await Eventually.AssertAsync(() => Volatile.Read(ref scrapes) > during + 6, "scrapes while it is stopped");
        await using var again = ChildProcess.Start("victoria-metrics", arguments);
        var until = Volatile.Read(ref scrapes) + 2;
        await Eventually.AssertAsync(
            async () => (await ValuesAsync("n")) is [.., var last] && last >= until, () => string.Join('\n', again.Errors.TakeLast(5)));

        var values = await ValuesAsync("n");
        Assert.Equal(values.Order(), values);
        // Only scrapes that timed out on a busy machine may be missing; they are up 0.
        var failed = (await ValuesAsync("up")).Count(value => value == 0);
        Assert.InRange(Enumerable.Range(1, (int)values[^1]).Except(values.Select(v => (int)v)).Count(), 0, failed);

        async Task<List<double>> ValuesAsync(string name)
        {
            try
            {
                // New samples are not visible until they are flushed.
                using var flush = await client.GetAsync(new Uri("/internal/force_flush", UriKind.Relative));
                var lines = await client.GetStringAsync(new Uri($"/api/v1/export?match[]={name}&start=0", UriKind.Relative));
                return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonDocument.Parse(line).RootElement)
                    .SelectMany(series => series.GetProperty("timestamps").EnumerateArray().Zip(series.GetProperty("values").EnumerateArray()))
                    .Where(sample => sample.Second.ValueKind == JsonValueKind.Number)
                    .OrderBy(sample => sample.First.GetInt64())
                    .Select(sample => sample.Second.GetDouble())];
            }
            catch (HttpRequestException)
            {
                // It is not listening yet.
                return [];
            }
        }
    }
}
