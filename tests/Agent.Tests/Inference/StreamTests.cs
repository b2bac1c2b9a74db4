using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Inference;

public sealed class StreamTests
{
    [Fact]
    public async Task A_text_is_answered_step_by_step_and_the_end_is_marked()
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
        var line = await agent.LoggedLineAsync("stream-1");
        Assert.Equal("inference_stream", (string?)line["event"]);
        Assert.Equal("positive", (string?)line["prediction"]);
    }

    [Fact]
    public async Task A_long_text_has_a_bounded_number_of_steps()
    {
        await using var agent = await RunningAgent.StartAsync();
        var text = string.Concat(Enumerable.Repeat("good ", 1999));

        using var response = await agent.PostAsync("/inference/stream", $$"""{"text":"{{text}}"}""");
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.InRange(events.Length, 2, 70);
        Assert.Equal(text, string.Concat(events[..^1].Select(e => (string)JsonNode.Parse(e["data: ".Length..])!["token"]!)));
    }

    [Fact]
    public async Task Each_step_goes_out_when_it_is_there()
    {
        await using var agent = await RunningAgent.StartAsync();
        var model = StubModel.PutInto(agent);
        using var request = StreamRequest("one two");

        var pending = agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await model.EnteredAsync(1);
        model.Release("neutral");
        using var response = await pending;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        Assert.Contains("\"token\":\"one\"", await reader.ReadLineAsync(), StringComparison.Ordinal);

        // The second is not begun to be answered before the first was read here.
        await model.EnteredAsync(2);
        model.Release("positive");
        var rest = await reader.ReadToEndAsync();

        Assert.Contains("\"token\":\"two\",\"prediction\":\"positive\"", rest, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_before_the_first_step_has_its_status()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:TimeoutSeconds=0.2");
        StubModel.PutInto(agent);
        using var request = StreamRequest("one");

        await agent.Http.SendAsync(request).JsonAsync(HttpStatusCode.GatewayTimeout);
    }

    [Fact]
    public async Task A_failure_after_the_first_step_is_an_event_and_the_end_is_not_marked()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:TimeoutSeconds=1");
        var model = StubModel.PutInto(agent);
        using var request = StreamRequest("one two");
        request.Headers.Add("X-Request-Id", "late");

        var pending = agent.Http.SendAsync(request);
        await model.EnteredAsync(1);
        model.Release();
        using var response = await pending;
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("event: error\ndata: {\"detail\":\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
        var line = await agent.LoggedLineAsync("late");
        Assert.Equal("error", (string?)line["status"]);
        Assert.Equal(1, await agent.MetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task A_client_that_leaves_between_two_steps_is_499_and_no_success()
    {
        await using var agent = await RunningAgent.StartAsync();
        var model = StubModel.PutInto(agent);
        using var request = StreamRequest("one two");
        request.Headers.Add("X-Request-Id", "left");
        var pending = agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await model.EnteredAsync(1);
        model.Release();

        (await pending).Dispose();

        var line = await agent.LoggedLineAsync("left");
        Assert.Equal("error", (string?)line["status"]);
        Assert.Equal(499, (int?)line["status_code"]);
        Assert.Equal(1, await agent.MetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task A_model_that_breaks_between_two_steps_leaves_no_stream_that_looks_whole()
    {
        await using var agent = await RunningAgent.StartAsync();
        var model = StubModel.PutInto(agent);
        using var request = StreamRequest("one two");
        request.Headers.Add("X-Request-Id", "broken");
        var pending = agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await model.EnteredAsync(1);
        model.Release();
        using var response = await pending;
        await model.EnteredAsync(2);

        model.Break(new NotSupportedException("as no model should"));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
        Assert.Equal("error", (string?)(await agent.LoggedLineAsync("broken"))["status"]);
    }

    [Fact]
    public async Task A_text_that_does_not_fit_is_refused_as_elsewhere()
    {
        await using var agent = await RunningAgent.StartAsync();

        var answer = await agent.PostAsync("/inference/stream", "{}").JsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("missing", (string?)answer["detail"]![0]!["type"]);
    }

    private static HttpRequestMessage StreamRequest(string text) => new(HttpMethod.Post, "/inference/stream")
    {
        Content = new StringContent($$"""{"text":"{{text}}"}""", Encoding.UTF8, "application/json"),
    };
}
