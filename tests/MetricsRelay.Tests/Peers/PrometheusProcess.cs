using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace MetricsRelay.Tests.Peers;

/// <summary>A real Prometheus on a free port. Its data remains in the directory after it has stopped.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private PrometheusProcess(ChildProcess process, int port)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public HttpClient Client { get; }

    public static async Task<PrometheusProcess> StartAsync(string directory, int port, string scrapeConfigs = "", string interval = "1s")
    {
        var file = Path.Combine(directory, "prometheus.yml");
        await File.WriteAllTextAsync(file, $"global: {{ scrape_interval: {interval} }}\n{scrapeConfigs}");
        return await StartWithAsync(file, directory, port);
    }

    /// <summary>Starts it with an existing configuration file.</summary>
    public static async Task<PrometheusProcess> StartWithAsync(string file, string directory, int port)
    {
        var process = ChildProcess.Start("prometheus",
        [
            $"--config.file={file}", $"--storage.tsdb.path={directory}/data", "--web.enable-remote-write-receiver",
            $"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage",
        ]);
        var prometheus = new PrometheusProcess(process, port);
        await Eventually.AssertAsync(
            async () =>
            {
                try
                {
                    using var ready = await prometheus.Client.GetAsync(new Uri("/-/ready", UriKind.Relative));
                    return ready.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => string.Join('\n', process.Errors));
        return prometheus;
    }

    /// <summary>The values of an instant query by labels, without stale series.</summary>
    public async Task<Dictionary<string, string>> QueryAsync(string query, DateTimeOffset? at = null)
    {
        var time = at is { } moment ? $"&time={Uri.EscapeDataString(moment.ToString("O"))}" : "";
        var response = await Client.GetFromJsonAsync<JsonElement>(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}{time}", UriKind.Relative));
        var values = new Dictionary<string, string>();
        foreach (var result in response.GetProperty("data").GetProperty("result").EnumerateArray())
        {
            var labels = result.GetProperty("metric").EnumerateObject().OrderBy(l => l.Name, StringComparer.Ordinal);
            values[string.Join(',', labels.Select(l => $"{l.Name}={l.Value}"))] = result.GetProperty("value")[1].GetString()!;
        }

        return values;
    }

    /// <summary>All raw samples of a series in the last 10 minutes.</summary>
    public async Task<List<(double Time, double Value)>> SamplesAsync(string selector)
    {
        var response = await Client.GetFromJsonAsync<JsonElement>(new Uri($"/api/v1/query?query={Uri.EscapeDataString(selector + "[10m]")}", UriKind.Relative));
        var result = response.GetProperty("data").GetProperty("result");
        return result.GetArrayLength() == 0
            ? []
            : [.. result[0].GetProperty("values").EnumerateArray().Select(v => (v[0].GetDouble(), double.Parse(v[1].GetString()!, CultureInfo.InvariantCulture)))];
    }

    public Task StopAsync() => _process.TerminateAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
    }
}
