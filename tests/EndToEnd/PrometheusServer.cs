using System.Globalization;
using System.Text.Json;
using TestKit;

namespace EndToEnd;

/// <summary>The real Prometheus, with a configuration of the test's.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpClient _client;
    private readonly TemporaryDirectory _data;

    private PrometheusServer(ChildProcess process, HttpClient client, TemporaryDirectory data) => (_process, _client, _data) = (process, client, data);

    /// <param name="configuration">The text of prometheus.yml.</param>
    /// <param name="rules">The text of alerts.yaml beside it.</param>
    public static async Task<PrometheusServer> StartAsync(string configuration, string? rules = null)
    {
        var port = FreePort.Take();
        var data = new TemporaryDirectory();
        await File.WriteAllTextAsync(data["prometheus.yml"], configuration);
        if (rules is not null)
        {
            await File.WriteAllTextAsync(data["alerts.yaml"], rules);
        }

        var process = ChildProcess.Start("prometheus",
        [
            "--config.file=" + data["prometheus.yml"],
            "--storage.tsdb.path=" + data["data"],
            string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"),
        ]);
        var server = new PrometheusServer(process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") }, data);
        try
        {
            await process.SaysAsync("Server is ready to receive web requests");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The values of an instant query; those that are no number are left out.</summary>
    public async Task<IReadOnlyList<double>> QueryAsync(string expression)
    {
        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri("/api/v1/query?query=" + Uri.EscapeDataString(expression), UriKind.Relative)));
        return
        [
            .. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
                .Select(r => r.GetProperty("value")[1].GetString()!)
                .Select(v => double.TryParse(v, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
                .Where(double.IsFinite),
        ];
    }

    /// <summary>The alerts that fire now, by name.</summary>
    public async Task<IReadOnlySet<string>> FiringAsync()
    {
        using var answer = JsonDocument.Parse(await _client.GetStringAsync(new Uri("/api/v1/alerts", UriKind.Relative)));
        return answer.RootElement.GetProperty("data").GetProperty("alerts").EnumerateArray()
            .Where(a => a.GetProperty("state").GetString() == "firing")
            .Select(a => a.GetProperty("labels").GetProperty("alertname").GetString()!)
            .ToHashSet();
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
        _data.Dispose();
    }
}
