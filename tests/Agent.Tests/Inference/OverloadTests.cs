using System.Collections.Concurrent;
using System.Net;
using Agent.Tests.Support;

namespace Agent.Tests.Inference;

/// <summary>Ten times as many clients as can be served.</summary>
public sealed class OverloadTests
{
    private const int Clients = 40;
    private const int RequestsEach = 25;

    [Fact]
    public async Task The_accepted_keep_their_latency_and_the_rest_are_turned_away_at_once()
    {
        await using var agent = await RunningAgent.StartAsync(
            "--Faults:Enabled=true", "--Faults:Latency=100ms", "--Inference:MaxConcurrency=4", "--Inference:QueueLimit=4");
        for (var i = 0; i < 9; i++)
        {
            await agent.InferAsync("what a lovely day", ("X-Request-Id", $"alone-{i}")).JsonAsync(HttpStatusCode.OK);
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
        await Eventually.IsTrueAsync(() => agent.LoggedLines().Count == 9 + (Clients * RequestsEach), "every request has its line");

        // Nothing but these two, and every one of them counted.
        var accepted = answers.Count(status => status == HttpStatusCode.OK);
        var refused = answers.Count(status => status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(Clients * RequestsEach, accepted + refused);
        Assert.True(accepted >= 8 && refused > accepted, $"{accepted} accepted, {refused} refused");
        Assert.Equal(9 + accepted, await agent.MetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(refused, await agent.MetricAsync("inference_requests_total{status=\"error\"}"));
        Assert.Equal(0, await agent.MetricAsync("inference_in_flight"));

        // The agent's own clock, and one against the other, so that a slow machine is slow for all of them. Whoever is accepted
        // waits for one turn before its own at most, so twice as long as alone; all forty in a row would be ten times.
        var alone = MedianLatency(agent, "alone-", 200);
        Assert.True(MedianLatency(agent, "many-", 200) < 5 * alone, $"accepted {MedianLatency(agent, "many-", 200)} ms, alone {alone} ms");
        Assert.True(MedianLatency(agent, "many-", 503) < alone / 2, $"refused {MedianLatency(agent, "many-", 503)} ms, alone {alone} ms");
    }

    private static double MedianLatency(RunningAgent agent, string ids, int statusCode)
    {
        var latencies = agent.LoggedLines()
            .Where(line => ((string)line["request_id"]!).StartsWith(ids, StringComparison.Ordinal) && (int)line["status_code"]! == statusCode)
            .Select(line => (double)line["latency_ms"]!)
            .Order()
            .ToList();
        return latencies[latencies.Count / 2];
    }
}
