using System.Net;
using Agent.Tests.Support;

namespace Agent.Tests.Inference;

public sealed class InferenceTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private RunningAgent Agent => shared.Agent;

    [Fact]
    public async Task Inference_returns_prediction_score_model_id_and_latency()
    {
        var answer = await Agent.InferAsync("what a lovely day").ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("positive", (string?)answer["prediction"]);
        Assert.InRange((double)answer["score"]!, 0.5, 1);
        Assert.Equal("sentiment-linear-1", (string?)answer["model"]);
        Assert.True((double)answer["latency_ms"]! >= 0);
        Assert.Equal(["prediction", "score", "model", "request_id", "latency_ms"], answer.AsObject().Select(field => field.Key));
    }

    [Fact]
    public async Task Request_log_line_has_exactly_the_documented_fields()
    {
        using var response = await Agent.InferAsync(
            "so good 😀", ("X-Request-Id", "fields-1"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        var answer = await response.ReadJsonAsync(HttpStatusCode.OK);
        var line = await Agent.WaitForLogLineAsync("fields-1");

        Assert.Equal(
            [
                "timestamp", "level", "event", "request_id", "trace_id", "method", "path", "status", "status_code", "latency_ms",
                "model", "prediction", "text_chars",
            ],
            line.Select(field => field.Key));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string?)line["timestamp"]);
        Assert.Equal("info", (string?)line["level"]);
        Assert.Equal("inference", (string?)line["event"]);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", (string?)line["trace_id"]);
        Assert.Equal("POST", (string?)line["method"]);
        Assert.Equal("/inference", (string?)line["path"]);
        Assert.Equal("success", (string?)line["status"]);
        Assert.Equal(200, (int)line["status_code"]!);
        Assert.True((double)line["latency_ms"]! >= 0);
        Assert.Equal((string?)answer["model"], (string?)line["model"]);
        Assert.Equal((string?)answer["prediction"], (string?)line["prediction"]);
        Assert.Equal(9, (int)line["text_chars"]!);
    }

    [Fact]
    public async Task Request_without_inference_is_logged_without_its_query()
    {
        using var response = await Agent.Http.GetAsync(new Uri("/?secret=1", UriKind.Relative));
        var id = response.Headers.GetValues("X-Request-Id").Single();
        var hello = await response.ReadJsonAsync(HttpStatusCode.OK);
        var line = await Agent.WaitForLogLineAsync(id);

        Assert.Equal("agent", (string?)hello["name"]);
        Assert.Equal("1.0.0", (string?)hello["version"]);
        Assert.Equal("request", (string?)line["event"]);
        Assert.Equal("/", (string?)line["path"]);
        Assert.Matches("^[0-9a-f]{32}$", (string?)line["trace_id"]);
        Assert.Null(line["model"]);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("Order-17.retry_2", true)]
    [InlineData("has space", false)]
    [InlineData("semi;colon", false)]
    [InlineData("slash/es", false)]
    [InlineData("\"},{\"", false)]
    public async Task Valid_request_id_is_kept_and_an_invalid_one_replaced(string sent, bool kept)
    {
        using var response = await Agent.InferAsync("hello", ("X-Request-Id", sent));
        var answer = await response.ReadJsonAsync(HttpStatusCode.OK);
        var id = response.Headers.GetValues("X-Request-Id").Single();

        Assert.Equal(id, (string?)answer["request_id"]);
        Assert.Equal(kept, id == sent);
        Assert.Matches("^[A-Za-z0-9._-]{1,128}$", id);
        Assert.NotNull(await Agent.WaitForLogLineAsync(id));
    }

    [Fact]
    public async Task Request_id_longer_than_128_characters_is_replaced()
    {
        using var kept = await Agent.InferAsync("hello", ("X-Request-Id", new string('x', 128)));
        using var replaced = await Agent.InferAsync("hello", ("X-Request-Id", new string('x', 129)));

        Assert.Equal(new string('x', 128), kept.Headers.GetValues("X-Request-Id").Single());
        Assert.True(replaced.Headers.GetValues("X-Request-Id").Single().Length < 128);
    }

    [Fact]
    public async Task Counters_start_at_zero_and_count_outcomes_and_lines()
    {
        await using var agent = await RunningAgent.StartAsync();
        Assert.Equal(0, await agent.ReadMetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(0, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
        Assert.Equal(0, await agent.ReadMetricAsync("inference_in_flight"));
        Assert.Equal(0, await agent.ReadMetricAsync("agent_request_log_dropped_total"));

        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);
        await agent.PostAsync("/inference", "{}").ReadJsonAsync(HttpStatusCode.UnprocessableEntity);
        using (await agent.Http.GetAsync(new Uri("/", UriKind.Relative)))
        {
            await Eventually.AssertAsync(
                async () => await agent.ReadMetricAsync("agent_request_log_lines_total") == 3, "three lines are counted");
        }

        Assert.Equal(1, await agent.ReadMetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(1, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
        Assert.Equal(2, await agent.ReadMetricAsync("inference_latency_seconds_count"));
        Assert.Contains("http_server_request_duration_seconds_bucket{", await agent.ReadMetricsAsync(), StringComparison.Ordinal);
        Assert.Contains("http_route=\"/inference\"", await agent.ReadMetricsAsync(), StringComparison.Ordinal);
        Assert.Contains("# HELP inference_latency_seconds ", await agent.ReadMetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_contains_the_text_when_IncludeText_is_set()
    {
        await using var agent = await RunningAgent.StartAsync("--RequestLog:IncludeText=true");
        await agent.InferAsync("a \"quoted\"\nline\u2028", ("X-Request-Id", "with-text")).ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("a \"quoted\"\nline\u2028", (string?)(await agent.WaitForLogLineAsync("with-text"))["text"]);
        Assert.Single(File.ReadAllLines(agent.LogFile));
    }

    [Fact]
    public async Task Agent_without_log_file_serves_requests_and_writes_no_file()
    {
        await using var agent = await RunningAgent.StartAsync("--LOG_FILE=");
        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);

        Assert.Empty(Directory.GetFiles(agent.Directory.Path));
        Assert.Equal(0, await agent.ReadMetricAsync("agent_request_log_dropped_total"));
    }

    [Fact]
    public async Task Ten_thousand_concurrent_requests_are_logged_exactly_once_each()
    {
        await using var agent = await RunningAgent.StartAsync();
        var numbers = Enumerable.Range(0, 10_000);

        await Parallel.ForEachAsync(
            numbers,
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (number, _) =>
            {
                var answer = await agent.InferAsync($"number {number}", ("X-Request-Id", $"n-{number}")).ReadJsonAsync(HttpStatusCode.OK);
                Assert.Equal($"n-{number}", (string?)answer["request_id"]);
            });
        Assert.Equal(0, await agent.StopAsync());

        // After an orderly stop, every line is in the file.
        var logged = agent.ReadLogLines().Select(line => (string)line["request_id"]!).ToList();
        Assert.Equal(10_000, logged.Count);
        Assert.Equal(numbers.Select(number => $"n-{number}").ToHashSet(), logged.ToHashSet());
    }
}
