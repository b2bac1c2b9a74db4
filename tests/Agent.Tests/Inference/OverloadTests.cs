using System.Collections.Concurrent;
using System.Net;
using Agent.Tests.Support;

namespace Agent.Tests.Inference;

/// <summary>Ten times more clients than the agent can serve.</summary>
public sealed class OverloadTests
{
    private const int Clients = 40;
    private const int RequestsEach = 25;

    [Fact]
    public async Task Overload_keeps_the_latency_of_accepted_requests_and_rejects_the_rest_fast()
    {
        await using var agent = await RunningAgent.StartAsync(
            "--Faults:Enabled=true", "--Faults:Latency=100ms", "--Inference:MaxConcurrency=4", "--Inference:QueueLimit=4");
        for (var i = 0; i < 9; i++)
        {
            await agent.InferAsync("what a lovely day", ("X-Request-Id", $"alone-{i}")).ReadJsonAsync(HttpStatusCode.OK);
        }

        var answers = new ConcurrentBag<HttpStatusCode>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < RequestsEach; i++)
            {
                using var response = await agent.InferAsync("what a lovely day", ("X-Request-Id", $"many-{client}-{i}"));
                answers.Add(response.StatusCode);
            }
        }));
        await Eventually.AssertAsync(() => agent.ReadLogLines().Count == 9 + (Clients * RequestsEach), "every request is logged");

        // Only these two status codes occur, and every response is counted.
        var accepted = answers.Count(status => status == HttpStatusCode.OK);
        var refused = answers.Count(status => status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(Clients * RequestsEach, accepted + refused);
        Assert.True(accepted >= 8 && refused > accepted, $"{accepted} accepted, {refused} refused");
        Assert.Equal(9 + accepted, await agent.ReadMetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(refused, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
        Assert.Equal(0, await agent.ReadMetricAsync("inference_in_flight"));

        // Compares latencies that the agent measured itself, so a slow machine affects both sides. An accepted request waits for at
        // most one other, which doubles its latency; without the limit it would wait for ten times as long.
        var alone = MedianLatency(agent, "alone-", 200);
        Assert.True(MedianLatency(agent, "many-", 200) < 5 * alone, $"accepted {MedianLatency(agent, "many-", 200)} ms, alone {alone} ms");
        Assert.True(MedianLatency(agent, "many-", 503) < alone / 2, $"refused {MedianLatency(agent, "many-", 503)} ms, alone {alone} ms");
    }

    private static double MedianLatency(RunningAgent agent, string ids, int statusCode)
    {
        var latencies = agent.ReadLogLines()
            .Where(line => ((string)line["request_id"]!).StartsWith(ids, StringComparison.Ordinal))
            .Where(line => (int)line["status_code"]! == statusCode)
            .Select(line => (double)line["latency_ms"]!)
            .Order()
            .ToList();
        return latencies[latencies.Count / 2];
    }
}
