using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Agent.Remote;
using Agent.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Agent.Tests.Remote;

/// <summary>The remote model against a real HTTP server with typical failures.</summary>
public sealed class RemoteModelTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly WebApplication _server;
    private Func<HttpContext, int, Task> _respond = (context, _) => SendCompletionAsync(context, "Positive.");
    private int _calls;

    public RemoteModelTests()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapPost("/v1/chat/completions", context => _respond(context, Interlocked.Increment(ref _calls)));
    }

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Remote_request_has_key_trace_and_text_and_its_label_is_returned()
    {
        await File.WriteAllTextAsync(_directory["key"], "s3cret\n");
        JsonNode? chat = null;
        string? authorization = null, trace = null;
        _respond = async (context, _) =>
        {
            chat = await JsonNode.ParseAsync(context.Request.Body);
            authorization = context.Request.Headers.Authorization;
            trace = context.Request.Headers.TraceParent;
            await SendCompletionAsync(context, "Negative.", logProbability: -0.25);
        };
        await using var agent = await StartAsync($"--Model:ApiKeyFile={_directory["key"]}");

        var answer = await agent.InferAsync("oh no", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
            .ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("negative", (string?)answer["prediction"]);
        Assert.Equal(Math.Round(Math.Exp(-0.25), 4), (double)answer["score"]!);
        Assert.Equal("big", (string?)answer["model"]);
        Assert.Equal("Bearer s3cret", authorization);
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", trace, StringComparison.Ordinal);
        Assert.Equal("big", (string?)chat!["model"]);
        Assert.Equal("oh no", (string?)chat["messages"]![1]!["content"]);
    }

    [Fact]
    public async Task Score_is_null_when_the_remote_provides_none()
    {
        await using var agent = await StartAsync();

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("positive", (string?)answer["prediction"]);
        Assert.True(answer.AsObject().ContainsKey("score"));
        Assert.Null(answer["score"]);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Transient_status_codes_are_retried_until_success(int status)
    {
        _respond = (context, call) => call < 3 ? SendErrorAsync(context, status) : SendCompletionAsync(context, "neutral");
        await using var agent = await StartAsync();

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("neutral", (string?)answer["prediction"]);
        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task Permanent_status_code_is_not_retried()
    {
        _respond = (context, _) => SendErrorAsync(context, 401);
        await using var agent = await StartAsync();

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.BadGateway);

        Assert.Contains("401", (string)answer["detail"]!, StringComparison.Ordinal);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Failing_server_is_a_502_and_the_budget_bounds_retries()
    {
        _respond = (context, _) => SendErrorAsync(context, 500);
        await using var agent = await StartAsync();

        for (var i = 0; i < 20; i++)
        {
            await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.BadGateway);
        }

        // Twenty first attempts, the initial ten retries, and up to two that twenty requests earned.
        Assert.InRange(_calls, 30, 32);
    }

    [Fact]
    public async Task Unreachable_server_is_a_502()
    {
        await using var agent = await StartAsync();
        await _server.StopAsync();

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.BadGateway);

        Assert.Contains("reached", (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_never_responds_is_a_504_after_every_attempt()
    {
        _respond = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var agent = await StartAsync("--Model:AttemptTimeoutSeconds=0.2", "--Model:MaxAttempts=2");

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.GatewayTimeout);

        Assert.Contains("0.2 s", (string)answer["detail"]!, StringComparison.Ordinal);
        Assert.Equal(2, _calls);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"message":{"content":"I would rather not say"}}]}""")]
    public async Task Response_that_is_no_chat_completion_is_a_502(string body)
    {
        _respond = (context, _) => context.Response.WriteAsync(body);
        await using var agent = await StartAsync();

        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Response_that_breaks_off_is_a_502()
    {
        _respond = async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"choices\":");
            context.Abort();
        };
        await using var agent = await StartAsync();

        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Remote_stream_is_forwarded_token_by_token()
    {
        _respond = (context, _) => SendTokensAsync(context, ["Pos", "itive", "."], done: true);
        await using var agent = await StartAsync();

        using var response = await agent.PostAsync("/inference/stream", """{"text":"fine"}""");
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(4, events.Length);
        Assert.Contains("\"token\":\"Pos\",\"prediction\":null", events[0], StringComparison.Ordinal);
        Assert.Contains("\"token\":\"itive\",\"prediction\":\"positive\"", events[1], StringComparison.Ordinal);
        Assert.Equal("data: [DONE]", events[3]);
    }

    [Fact]
    public async Task Stream_without_end_mark_becomes_an_error_event_without_DONE()
    {
        _respond = (context, _) => SendTokensAsync(context, ["Pos"], done: false);
        await using var agent = await StartAsync();

        using var response = await agent.PostAsync("/inference/stream", """{"text":"fine"}""");
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("event: error\ndata: {\"detail\":", body, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_that_cannot_start_is_a_502()
    {
        _respond = (context, _) => SendErrorAsync(context, 404);
        await using var agent = await StartAsync();

        await agent.PostAsync("/inference/stream", """{"text":"fine"}""").ReadJsonAsync(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task Stalled_stream_ends_with_an_error_event_at_the_request_timeout()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _respond = async (context, _) =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            await SendTokensAsync(context, ["Pos"], done: false);
            await aborted.Task;
        };
        await using var agent = await StartAsync("--Inference:TimeoutSeconds=2");

        using var response = await agent.PostAsync("/inference/stream", """{"text":"fine"}""");
        var body = await response.Content.ReadAsStringAsync();

        Assert.StartsWith("data: {\"token\":\"Pos\"", body, StringComparison.Ordinal);
        Assert.EndsWith("event: error\ndata: {\"detail\":\"The model did not respond within 2 s\"}\n\n", body, StringComparison.Ordinal);
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task Interrupted_stream_ends_with_an_error_event_and_is_not_retried()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _respond = async (context, _) =>
        {
            await SendTokensAsync(context, ["Pos"], done: false);
            await seen.Task;
            context.Abort();
        };
        await using var agent = await StartAsync();
        using var request = CreateStreamRequest();

        using var response = await agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: {\"token\":\"Pos\"", await reader.ReadLineAsync(), StringComparison.Ordinal);
        seen.SetResult();
        var rest = await reader.ReadToEndAsync();

        Assert.EndsWith(
            "event: error\ndata: {\"detail\":\"The model\\u0027s server closed the connection before the end of its response\"}\n\n",
            rest, StringComparison.Ordinal);
        Assert.Equal(1, _calls);
    }

    // With and without newlines: without them, the complete stream is a single line that must be buffered.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Endless_stream_is_aborted_after_one_megabyte(bool lines)
    {
        const int parts = 16 * 1024;
        var part = new byte[64 * 1024];
        Array.Fill(part, (byte)'a');
        part[^1] = lines ? (byte)'\n' : (byte)'a';
        _respond = async (context, _) =>
        {
            for (var i = 0; i < parts && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(part, context.RequestAborted);
            }
        };
        await using var agent = await StartAsync();

        var answer = await agent.PostAsync("/inference/stream", "{\"text\":\"fine\"}").ReadJsonAsync(HttpStatusCode.BadGateway);

        Assert.Equal("The model's server sent more than 1048576 bytes", (string?)answer["detail"]);
    }

    [Fact]
    public async Task Response_that_stalls_after_its_headers_is_a_504()
    {
        _respond = async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"choices\":");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var agent = await StartAsync("--Inference:TimeoutSeconds=2");

        var answer = await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.GatewayTimeout);

        Assert.Contains("2 s", (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_that_disconnects_during_a_stream_cancels_the_remote_request()
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _respond = async (context, _) =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            await SendTokensAsync(context, ["Pos"], done: false);
            await aborted.Task;
        };
        await using var agent = await StartAsync();
        using var request = CreateStreamRequest();

        using (var response = await agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync("inference_in_flight") == 0, "no request is in progress");
    }

    [Fact]
    public void Retry_budget_earns_one_retry_per_ten_requests()
    {
        var budget = new RetryBudget();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(budget.TrySpendRetry());
        }

        Assert.False(budget.TrySpendRetry());
        for (var i = 0; i < 10; i++)
        {
            Assert.False(budget.TrySpendRetry());
            budget.AddRequestCredit();
        }

        Assert.True(budget.TrySpendRetry());
        Assert.False(budget.TrySpendRetry());
    }

    private static HttpRequestMessage CreateStreamRequest() => new(HttpMethod.Post, "/inference/stream")
    {
        Content = new StringContent("""{"text":"fine"}""", Encoding.UTF8, "application/json"),
    };

    private static Task SendErrorAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = "0";
        return Task.CompletedTask;
    }

    private static Task SendCompletionAsync(HttpContext context, string content, double? logProbability = null)
    {
        var choice = new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content } };
        if (logProbability is { } log)
        {
            choice["logprobs"] = new JsonObject { ["content"] = new JsonArray(new JsonObject { ["token"] = content, ["logprob"] = log }) };
        }

        return context.Response.WriteAsync(new JsonObject { ["choices"] = new JsonArray(choice) }.ToJsonString());
    }

    private static async Task SendTokensAsync(HttpContext context, string[] tokens, bool done)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var token in tokens)
        {
            await context.Response.WriteAsync($$$"""data: {"choices":[{"delta":{"content":"{{{token}}}"}}]}{{{"\n\n"}}}""");
            await context.Response.Body.FlushAsync();
        }

        if (done)
        {
            await context.Response.WriteAsync("data: [DONE]\n\n");
        }
    }

    private Task<RunningAgent> StartAsync(params string[] flags) =>
        RunningAgent.StartAsync([$"--Model:Endpoint={_server.Urls.First()}/v1", "--Model:Name=big", .. flags]);
}
