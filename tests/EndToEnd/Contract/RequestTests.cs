using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace EndToEnd;

/// <summary>The behavior that clients of the Pod rely on, whichever host runs it.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class RequestTests(PodFixture fixture) : IClassFixture<PodFixture>
{
    private readonly IPod _pod = fixture.Pod;

    [PodFact]
    public async Task Request_id_is_the_same_in_the_response_the_shipped_line_and_the_access_log()
    {
        using var client = PodClient.Create();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference")
        {
            Content = JsonContent.Create(new { text = "what a lovely day" }),
        };
        var id = $"end-to-end-{Guid.NewGuid():N}";
        request.Headers.Add("X-Request-Id", id);
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

        using var response = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(id, response.Headers.GetValues("X-Request-Id").Single());
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("positive", body.GetProperty("prediction").GetString());
        Assert.Equal(id, body.GetProperty("request_id").GetString());

        await Eventually.AssertAsync(() => _pod.ReadShippedLines().Any(l => HasId(l, id)), $"the line of {id} is shipped");
        var line = _pod.ReadShippedLines().Single(l => HasId(l, id));
        Assert.Equal("success", line.GetProperty("status").GetString());
        Assert.Equal(200, line.GetProperty("status_code").GetInt32());
        Assert.Equal("POST", line.GetProperty("method").GetString());
        Assert.Equal("/inference", line.GetProperty("path").GetString());
        Assert.Equal("positive", line.GetProperty("prediction").GetString());
        Assert.Equal(17, line.GetProperty("text_chars").GetInt32());
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", line.GetProperty("trace_id").GetString());

        await Eventually.AssertAsync(
            () => _pod.ReadLines("tls-proxy").Any(l => l.Contains(id, StringComparison.Ordinal)), $"{id} is in the access log");
    }

    [PodFact]
    public async Task Metrics_relay_serves_the_agents_metrics_and_the_up_series()
    {
        using var client = PodClient.Create();
        (await client.PostAsJsonAsync("/inference", new { text = "count me" })).EnsureSuccessStatusCode();

        using var plain = new HttpClient();
        var exposition = "";
        await Eventually.AssertAsync(
            async () =>
            {
                exposition = await plain.GetStringAsync("http://localhost:9090/metrics");
                return FindSample(exposition, "inference_requests_total{status=\"success\"}") > 0;
            },
            () => exposition);
        Assert.Equal(1, FindSample(exposition, "up"));
    }

    [PodFact]
    public async Task Ten_thousand_concurrent_requests_are_shipped_as_one_line_each()
    {
        const int Requests = 10_000;
        var sent = new ConcurrentDictionary<string, string>();
        using var client = PodClient.Create(connections: 64);
        string[] texts = ["what a lovely day", "the worst service ever", "the train leaves at nine"];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, aborted) =>
        {
            using var response = await client.PostAsJsonAsync("/inference", new { text = texts[i % texts.Length] }, aborted);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(aborted)).RootElement;
            var (id, prediction) = (body.GetProperty("request_id").GetString()!, body.GetProperty("prediction").GetString()!);
            Assert.True(sent.TryAdd(id, prediction), "an id was used twice");
        });

        List<JsonElement> shipped = [];
        await Eventually.AssertAsync(
            () =>
            {
                shipped = [.. _pod.ReadShippedLines().Where(line => sent.ContainsKey(line.GetProperty("request_id").GetString()!))];
                return shipped.Count >= Requests;
            },
            () => $"{shipped.Count} of {Requests} lines are shipped");
        Assert.Equal(Requests, shipped.Count);
        Assert.Equal(Requests, shipped.DistinctBy(l => l.GetProperty("request_id").GetString()).Count());
        Assert.All(shipped, l =>
        {
            Assert.Equal("success", l.GetProperty("status").GetString());
            Assert.Equal(sent[l.GetProperty("request_id").GetString()!], l.GetProperty("prediction").GetString());
        });
    }

    [PodFact]
    public async Task Renewed_certificate_is_used_for_new_connections_and_no_request_fails()
    {
        var before = new ConcurrentBag<string>();
        using var keptAlive = PodClient.Create(before, connections: 8);
        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentBag<string>();
        var load = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendUntilStoppedAsync(keptAlive, failures, stop.Token)));
        await Eventually.AssertAsync(() => !before.IsEmpty, "the first handshake is done");

        var serial = await _pod.RenewCertificateAsync();

        var started = Stopwatch.GetTimestamp();
        var after = new ConcurrentBag<string>();
        await Eventually.AssertAsync(
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
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
    }

    [PodTheory]
    [InlineData("logging-sidecar")]
    [InlineData("metrics-sidecar")]
    [InlineData("tls-proxy")]
    public async Task Killed_sidecar_is_restarted_while_the_agent_continues_to_serve(string container)
    {
        using var agent = new HttpClient { BaseAddress = new Uri("http://localhost:8000") };
        var killed = _pod.FindProcesses(container);
        Assert.NotEmpty(killed);
        var ids = new List<string>();
        await _pod.KillContainerAsync(container);

        // The agent must respond until the sidecar is ready again, at least once.
        await Eventually.AssertAsync(
            async () =>
            {
                using var response = await agent.PostAsJsonAsync("/inference", new { text = "still serving?" });
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                ids.Add(response.Headers.GetValues("X-Request-Id").Single());
                return _pod.FindProcesses(container).Except(killed).Any() && await IsReadyAsync(container);
            },
            () => $"{container} is restarted and ready");

        // The restarted sidecar ships the lines that were logged while it was down.
        await Eventually.AssertAsync(
            () => _pod.ReadShippedLines().Select(l => l.GetProperty("request_id").GetString()!).ToHashSet().IsSupersetOf(ids),
            () => "every line that was logged meanwhile is shipped");
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

    private static async Task SendUntilStoppedAsync(HttpClient client, ConcurrentBag<string> failures, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var response = await client.PostAsJsonAsync("/inference", new { text = "load" }, CancellationToken.None);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    failures.Add(response.StatusCode.ToString());
                }
            }
            catch (HttpRequestException exception)
            {
                failures.Add(exception.ToString());
            }
        }
    }

    private static bool HasId(JsonElement line, string id) => line.GetProperty("request_id").GetString() == id;

    private static double FindSample(string exposition, string series) => exposition.Split('\n')
        .Where(l => l.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(l => double.Parse(l[(series.Length + 1)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))
        .SingleOrDefault(double.NaN);
}
