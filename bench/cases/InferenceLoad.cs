using System.Text;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>Posts one text again and again, as fast as it is answered.</summary>
internal static class InferenceLoad
{
    public const int Connections = 64;
    public const int Seconds = 8;
    public const int WarmUpSeconds = 4;

    private const string Body = """{"text":"what a lovely day"}""";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static readonly Metric Rate = new("POST /inference", "requests/s", HigherIsBetter: true);
    private static readonly Metric Median = new("median latency", "ms");
    private static readonly Metric Tail = new("p99 latency", "ms");
    private static readonly Metric CpuPerRequest = new("CPU time a request", "µs");

    /// <summary>One run: idle, warmed up, measured.</summary>
    /// <param name="workspace">Where the load generator's script goes.</param>
    /// <param name="server">What is measured, just started.</param>
    /// <param name="port">Where it answers.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<Measurement> RunAsync(Workspace workspace, ChildProcess server, int port, CancellationToken cancellationToken)
    {
        var url = $"http://127.0.0.1:{port}/inference";
        using var client = new HttpClient();
        await server.UntilAsync(() => AnswersAsync(client, url, cancellationToken), "it answers", Deadline, cancellationToken);
        var measurement = new Measurement { [Metric.IdleMemory] = server.Usage.ResidentBytes };

        var script = workspace["post.lua"];
        await File.WriteAllTextAsync(
            script, $"wrk.method = 'POST'\nwrk.body = '{Body}'\nwrk.headers['Content-Type'] = 'application/json'\n", cancellationToken);
        await Wrk.RunAsync(url, Connections, WarmUpSeconds, cancellationToken, "-s", script);
        var before = server.Usage.CpuSeconds;
        var wrk = await Wrk.RunAsync(url, Connections, Seconds, cancellationToken, "-s", script);
        var usage = server.Usage;
        measurement[Rate] = wrk.Rate;
        measurement[Median] = wrk.MedianMilliseconds;
        measurement[Tail] = wrk.P99Milliseconds;
        measurement[CpuPerRequest] = (usage.CpuSeconds - before) / wrk.Requests * 1e6;
        measurement[Metric.PeakMemory] = usage.PeakBytes;
        return measurement;
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string url, CancellationToken cancellationToken)
    {
        using var body = new StringContent(Body, Encoding.UTF8, "application/json");
        try
        {
            using var answer = await client.PostAsync(new Uri(url), body, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
