using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Inference;

public sealed class StreamTests
{
    [Fact]
    public async Task Stream_sends_one_event_per_word_and_an_end_mark()
    {
        await using var agent = await RunningAgent.StartAsync();
        using var response = await agent.PostAsync("/inference/stream", """{"text":"what a lovely day"}""", ("X-Request-Id", "stream-1"));
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.All(events, e => Assert.StartsWith("data: ", e, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        var steps = events[..^1].Select(e => JsonNode.Parse(e["data: ".Length..])!).ToList();
        Assert.Equal(["what", " a", " lovely", " day"], steps.Select(s => (string)s["token"]!));
        Assert.Equal("positive", (string?)steps[^1]["prediction"]);
        Assert.Equal("stream-1", (string?)steps[0]["request_id"]);
        var line = await agent.WaitForLogLineAsync("stream-1");
        Assert.Equal("inference_stream", (string?)line["event"]);
        Assert.Equal("positive", (string?)line["prediction"]);
    }

    [Fact]
    public async Task Long_text_is_streamed_in_a_bounded_number_of_steps()
    {
        await using var agent = await RunningAgent.StartAsync();
        var text = string.Concat(Enumerable.Repeat("good ", 1999));

        using var response = await agent.PostAsync("/inference/stream", $$"""{"text":"{{text}}"}""");
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.InRange(events.Length, 2, 70);
        Assert.Equal(text, string.Concat(events[..^1].Select(e => (string)JsonNode.Parse(e["data: ".Length..])!["token"]!)));
    }

    [Fact]
    public async Task Each_step_is_sent_before_the_next_one_is_predicted()
    {
        await using var agent = await RunningAgent.StartAsync();
        var model = StubModel.InstallInto(agent);
        using var request = StreamRequest("one two");

        var pending = agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await model.WaitForStartsAsync(1);
        model.CompleteOldest("neutral");
        using var response = await pending;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        Assert.Contains("\"token\":\"one\"", await reader.ReadLineAsync(), StringComparison.Ordinal);

        // The second prediction is still pending, although the first event was received.
        await model.WaitForStartsAsync(2);
        model.CompleteOldest("positive");
        var rest = await reader.ReadToEndAsync();

        Assert.Contains("\"token\":\"two\",\"prediction\":\"positive\"", rest, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_before_the_first_step_sets_the_status_code()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:TimeoutSeconds=0.2");
        StubModel.InstallInto(agent);
        using var request = StreamRequest("one");

        await agent.Http.SendAsync(request).ReadJsonAsync(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task Failure_after_the_first_step_is_an_error_event_without_DONE()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:TimeoutSeconds=1");
        var model = StubModel.InstallInto(agent);
        using var request = StreamRequest("one two");
        request.Headers.Add("X-Request-Id", "late");

        var pending = agent.Http.SendAsync(request);
        await model.WaitForStartsAsync(1);
        model.CompleteOldest();
        using var response = await pending;
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("event: error\ndata: {\"detail\":\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
        var line = await agent.WaitForLogLineAsync("late");
        Assert.Equal("error", (string?)line["status"]);
        Assert.Equal(1, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task Client_that_disconnects_between_steps_is_logged_as_499()
    {
        await using var agent = await RunningAgent.StartAsync();
        var model = StubModel.InstallInto(agent);
        using var request = StreamRequest("one two");
        request.Headers.Add("X-Request-Id", "left");
        var pending = agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await model.WaitForStartsAsync(1);
        model.CompleteOldest();

        (await pending).Dispose();

        var line = await agent.WaitForLogLineAsync("left");
        Assert.Equal("error", (string?)line["status"]);
        Assert.Equal(499, (int?)line["status_code"]);
        Assert.Equal(1, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task Model_exception_between_steps_aborts_the_connection()
    {
        await using var agent = await RunningAgent.StartAsync();
        var model = StubModel.InstallInto(agent);
        using var request = StreamRequest("one two");
        request.Headers.Add("X-Request-Id", "broken");
        var pending = agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await model.WaitForStartsAsync(1);
        model.CompleteOldest();
        using var response = await pending;
        await model.WaitForStartsAsync(2);

        model.FailOldest(new NotSupportedException("as no model should"));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
        Assert.Equal("error", (string?)(await agent.WaitForLogLineAsync("broken"))["status"]);
    }

    [Fact]
    public async Task Stream_request_without_text_is_a_422()
    {
        await using var agent = await RunningAgent.StartAsync();

        var answer = await agent.PostAsync("/inference/stream", "{}").ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("missing", (string?)answer["detail"]![0]!["type"]);
    }

    private static HttpRequestMessage StreamRequest(string text) => new(HttpMethod.Post, "/inference/stream")
    {
        Content = new StringContent($$"""{"text":"{{text}}"}""", Encoding.UTF8, "application/json"),
    };
}
