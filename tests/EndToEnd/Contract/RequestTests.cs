using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using TestKit;

namespace EndToEnd;

/// <summary>What the Pod does for its clients, wherever it runs.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class RequestTests(PodFixture fixture) : IClassFixture<PodFixture>
{
    private readonly IPod _pod = fixture.Pod;

    [PodFact]
    public async Task A_request_leaves_the_same_id_in_the_answer_the_shipped_line_and_the_access_log()
    {
        using var client = PodClient.Create();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference") { Content = JsonContent.Create(new { text = "what a lovely day" }) };
        var id = $"end-to-end-{Guid.NewGuid():N}";
        request.Headers.Add("X-Request-Id", id);
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(id, answer.Headers.GetValues("X-Request-Id").Single());
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("positive", body.GetProperty("prediction").GetString());
        Assert.Equal(id, body.GetProperty("request_id").GetString());

        await Eventually.HoldsAsync(() => _pod.ShippedLines().Any(l => Is(l, id)), $"the line of {id}");
        var line = _pod.ShippedLines().Single(l => Is(l, id));
        Assert.Equal("success", line.GetProperty("status").GetString());
        Assert.Equal(200, line.GetProperty("status_code").GetInt32());
        Assert.Equal("POST", line.GetProperty("method").GetString());
        Assert.Equal("/inference", line.GetProperty("path").GetString());
        Assert.Equal("positive", line.GetProperty("prediction").GetString());
        Assert.Equal(17, line.GetProperty("text_chars").GetInt32());
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", line.GetProperty("trace_id").GetString());

        await Eventually.HoldsAsync(() => _pod.Lines("tls-proxy").Any(l => l.Contains(id, StringComparison.Ordinal)), $"the access log of {id}");
    }

    [PodFact]
    public async Task The_relay_serves_the_agents_metrics_with_up()
    {
        using var client = PodClient.Create();
        (await client.PostAsJsonAsync("/inference", new { text = "count me" })).EnsureSuccessStatusCode();

        using var plain = new HttpClient();
        var exposition = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                exposition = await plain.GetStringAsync("http://localhost:9090/metrics");
                return Sample(exposition, "inference_requests_total{status=\"success\"}") > 0;
            },
            () => exposition);
        Assert.Equal(1, Sample(exposition, "up"));
    }

    [PodFact]
    public async Task Ten_thousand_requests_at_64_connections_are_ten_thousand_lines_each_once()
    {
        const int Requests = 10_000;
        var sent = new ConcurrentDictionary<string, string>();
        using var client = PodClient.Create(connections: 64);
        string[] texts = ["what a lovely day", "the worst service ever", "the train leaves at nine"];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, aborted) =>
        {
            using var answer = await client.PostAsJsonAsync("/inference", new { text = texts[i % texts.Length] }, aborted);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(aborted)).RootElement;
            Assert.True(sent.TryAdd(body.GetProperty("request_id").GetString()!, body.GetProperty("prediction").GetString()!), "an id was given twice");
        });

        List<JsonElement> shipped = [];
        await Eventually.HoldsAsync(
            () => (shipped = [.. _pod.ShippedLines().Where(l => sent.ContainsKey(l.GetProperty("request_id").GetString()!))]).Count >= Requests,
            () => $"{shipped.Count} of {Requests} lines came");
        Assert.Equal(Requests, shipped.Count);
        Assert.Equal(Requests, shipped.DistinctBy(l => l.GetProperty("request_id").GetString()).Count());
        Assert.All(shipped, l =>
        {
            Assert.Equal("success", l.GetProperty("status").GetString());
            Assert.Equal(sent[l.GetProperty("request_id").GetString()!], l.GetProperty("prediction").GetString());
        });
    }

    [PodFact]
    public async Task A_swapped_certificate_is_served_to_new_connections_and_no_request_fails()
    {
        var before = new ConcurrentBag<string>();
        using var keptAlive = PodClient.Create(before, connections: 8);
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentBag<string>();
        var load = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => LoadAsync(keptAlive, failures, stop.Token)));
        await Eventually.HoldsAsync(() => !before.IsEmpty, "the first handshake");

        var serial = await _pod.RenewCertificateAsync();

        var began = Stopwatch.GetTimestamp();
        var after = new ConcurrentBag<string>();
        await Eventually.HoldsAsync(
            async () =>
            {
                using var fresh = PodClient.Create(after);
                (await fresh.PostAsJsonAsync("/inference", new { text = "again" }, stop.Token)).EnsureSuccessStatusCode();
                return after.Contains(serial);
            },
            () => $"serial {serial}; seen: {string.Join(", ", after.Distinct())}",
            deadline: TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await load;

        Assert.Empty(failures);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }

    [PodTheory]
    [InlineData("logging-sidecar")]
    [InlineData("metrics-sidecar")]
    [InlineData("tls-proxy")]
    public async Task A_sidecar_that_is_killed_comes_back_while_the_agent_serves_on(string container)
    {
        using var agent = new HttpClient { BaseAddress = new Uri("http://localhost:8000") };
        var killed = _pod.Processes(container);
        Assert.NotEmpty(killed);
        var ids = new List<string>();
        await _pod.KillAsync(container);

        // The agent answers all the while: until the sidecar is back, and one request at the least.
        await Eventually.HoldsAsync(
            async () =>
            {
                using var answer = await agent.PostAsJsonAsync("/inference", new { text = "still there?" });
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                ids.Add(answer.Headers.GetValues("X-Request-Id").Single());
                return _pod.Processes(container).Except(killed).Any() && await IsReadyAsync(container);
            },
            () => $"{container} to come back");

        // And what was logged meanwhile is shipped by the one that came back.
        await Eventually.HoldsAsync(
            () => _pod.ShippedLines().Select(l => l.GetProperty("request_id").GetString()!).ToHashSet().IsSupersetOf(ids),
            () => "every line of the time without it");
    }

    private static async Task<bool> IsReadyAsync(string container)
    {
        var port = container switch { "logging-sidecar" => 8002, "metrics-sidecar" => 9090, _ => 8003 };
        using var client = new HttpClient();
        try
        {
            return (await client.GetAsync(new Uri($"http://localhost:{port}/readyz"))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task LoadAsync(HttpClient client, ConcurrentBag<string> failures, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.PostAsJsonAsync("/inference", new { text = "load" }, CancellationToken.None);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    failures.Add(answer.StatusCode.ToString());
                }
            }
            catch (HttpRequestException e)
            {
                failures.Add(e.ToString());
            }
        }
    }

    private static bool Is(JsonElement line, string id) => line.GetProperty("request_id").GetString() == id;

    private static double Sample(string exposition, string series) => exposition.Split('\n')
        .Where(l => l.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(l => double.Parse(l[(series.Length + 1)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))
        .SingleOrDefault(double.NaN);
}
