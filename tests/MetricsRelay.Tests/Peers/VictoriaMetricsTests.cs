using System.Net.Http.Json;
using System.Text.Json;
using TestKit;

namespace MetricsRelay.Tests.Peers;

/// <summary>A real VictoriaMetrics takes what the relay sends.</summary>
public sealed class VictoriaMetricsTests
{
    [RequiresFact("victoria-metrics")]
    public async Task It_takes_remote_write_with_every_number_of_the_target()
    {
        using var directory = new TemporaryFolder();
        var port = FreePort.Take();
        await using var target = await FakeTarget.StartAsync(
            "# TYPE h histogram\nh_bucket{le=\"0.1\"} 4\nh_bucket{le=\"+Inf\"} 7\nh_sum 1.25\nh_count 7\n# TYPE t gauge\nt{city=\"Zürich\"} -3.5\n");
        await using var victoria = ChildProcess.Start(
            "victoria-metrics", [$"-storageDataPath={directory.Path}/data", $"-httpListenAddr=127.0.0.1:{port}"]);
        await using var relay = await RelayProcess.StartAsync(
            $"--Scrape:Targets={target.Url}", "--Scrape:Interval=500ms", $"--RemoteWrite:Url=http://127.0.0.1:{port}/api/v1/write");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        string[] expected = ["h_bucket 0.1 4", "h_bucket +Inf 7", "h_count 7", "h_sum 1.25", "t -3.5"];

        var got = "";
        await TestKit.Eventually.HoldsAsync(
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
                var answer = await client.GetFromJsonAsync<JsonElement>(new Uri($"/api/v1/query?latency_offset=1ms&query={query}", UriKind.Relative));
                return answer.GetProperty("data").GetProperty("result").EnumerateArray().Select(result =>
                {
                    var labels = result.GetProperty("metric");
                    var le = labels.TryGetProperty("le", out var bound) ? bound.GetString() + " " : "";
                    return $"{labels.GetProperty("__name__").GetString()} {le}{result.GetProperty("value")[1].GetString()}";
                });
            }
            catch (HttpRequestException)
            {
                // It has not begun to listen.
                return [];
            }
        }
    }
}
