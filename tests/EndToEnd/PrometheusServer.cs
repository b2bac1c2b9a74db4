using System.Globalization;
using System.Text.Json;

namespace EndToEnd;

/// <summary>A real Prometheus on a free port.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly HttpClient _client;
    private readonly TemporaryDirectory _data;

    private PrometheusServer(ChildProcess process, HttpClient client, TemporaryDirectory data) =>
        (_process, _client, _data) = (process, client, data);

    /// <summary>Starts the server and waits until it is ready.</summary>
    /// <param name="configuration">The text of prometheus.yml.</param>
    /// <param name="rules">The text of alerts.yaml in the same directory.</param>
    public static async Task<PrometheusServer> StartAsync(string configuration, string? rules = null)
    {
        var port = FreePort.FindUnused();
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
            await process.WaitForLineAsync("Server is ready to receive web requests");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The finite values of an instant query.</summary>
    public async Task<IReadOnlyList<double>> QueryValuesAsync(string expression)
    {
        using var response = await GetJsonAsync("/api/v1/query?query=" + Uri.EscapeDataString(expression));
        return
        [
            .. response.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
                .Select(series => series.GetProperty("value")[1].GetString()!)
                .Select(v => double.TryParse(v, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)
                .Where(double.IsFinite),
        ];
    }

    /// <summary>The names of the alerts that are firing.</summary>
    public async Task<IReadOnlySet<string>> ReadFiringAlertsAsync()
    {
        using var response = await GetJsonAsync("/api/v1/alerts");
        return response.RootElement.GetProperty("data").GetProperty("alerts").EnumerateArray()
            .Where(alert => alert.GetProperty("state").GetString() == "firing")
            .Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()!)
            .ToHashSet();
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _client.Dispose();
        _data.Dispose();
    }

    private async Task<JsonDocument> GetJsonAsync(string path) =>
        JsonDocument.Parse(await _client.GetStringAsync(new Uri(path, UriKind.Relative)));
}
