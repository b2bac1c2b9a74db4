using System.Text;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>Posts the same text repeatedly, as fast as responses arrive.</summary>
internal static class InferenceLoad
{
    public const int Connections = 64;
    public const int Seconds = 8;
    public const int WarmUpSeconds = 4;

    private const string RequestBody = """{"text":"what a lovely day"}""";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly Metric Rate = new("POST /inference", "requests/s", HigherIsBetter: true);
    private static readonly Metric MedianLatency = new("median latency", "ms");
    private static readonly Metric P99Latency = new("p99 latency", "ms");
    private static readonly Metric CpuPerRequest = new("CPU time per request", "µs");

    /// <summary>One run: idle memory, then the warm-up, then the measurement.</summary>
    /// <param name="workspace">The directory for the load generator's script.</param>
    /// <param name="server">The server to measure, just started.</param>
    /// <param name="port">The port of the server.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    public static async Task<Measurement> MeasureServerAsync(
        Workspace workspace, MeasuredProcess server, int port, CancellationToken cancellationToken)
    {
        var url = $"http://127.0.0.1:{port}/inference";
        using var client = new HttpClient();
        await server.WaitUntilAsync(
            () => IsRespondingAsync(client, url, cancellationToken), "the server responds", Deadline, cancellationToken);
        var measurement = new Measurement { [Metric.IdleMemory] = server.Usage.ResidentBytes };

        var script = workspace["post.lua"];
        var lines = $"wrk.method = 'POST'\nwrk.body = '{RequestBody}'\nwrk.headers['Content-Type'] = 'application/json'\n";
        await File.WriteAllTextAsync(script, lines, cancellationToken);
        await WrkResult.RunLoadAsync(url, Connections, WarmUpSeconds, cancellationToken, "-s", script);
        var before = server.Usage.CpuSeconds;
        var wrk = await WrkResult.RunLoadAsync(url, Connections, Seconds, cancellationToken, "-s", script);
        var usage = server.Usage;
        measurement[Rate] = wrk.RequestsPerSecond;
        measurement[MedianLatency] = wrk.MedianMilliseconds;
        measurement[P99Latency] = wrk.P99Milliseconds;
        measurement[CpuPerRequest] = (usage.CpuSeconds - before) / wrk.Requests * 1e6;
        measurement[Metric.PeakMemory] = usage.PeakBytes;
        return measurement;
    }

    private static async Task<bool> IsRespondingAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        using var body = new StringContent(RequestBody, Encoding.UTF8, "application/json");
        try
        {
            using var response = await client.PostAsync(new Uri(url), body, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
