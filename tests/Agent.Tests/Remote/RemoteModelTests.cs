using System.Net;
using System.Text.Json.Nodes;
using Agent.Remote;
using Agent.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Agent.Tests.Remote;

/// <summary>The remote model against a real HTTP server that misbehaves as servers do.</summary>
public sealed class RemoteModelTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly WebApplication _server;
    private Func<HttpContext, int, Task> _behaviour = (context, _) => CompleteAsync(context, "Positive.");
    private int _calls;

    public RemoteModelTests()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapPost("/v1/chat/completions", context => _behaviour(context, Interlocked.Increment(ref _calls)));
    }

    public Task InitializeAsync() => _server.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_class_that_the_model_names_is_the_answer_and_its_key_and_question_are_sent()
    {
        await File.WriteAllTextAsync(_directory.File("key"), "s3cret\n");
        JsonNode? question = null;
        string? authorization = null, trace = null;
        _behaviour = async (context, _) =>
        {
            question = await JsonNode.ParseAsync(context.Request.Body);
            authorization = context.Request.Headers.Authorization;
            trace = context.Request.Headers.TraceParent;
            await CompleteAsync(context, "Negative.", logProbability: -0.25);
        };
        await using var agent = await StartAsync($"--Model:ApiKeyFile={_directory.File("key")}");

        var answer = await agent.InferAsync("oh no", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
            .JsonAsync(HttpStatusCode.OK);

        Assert.Equal("negative", (string?)answer["prediction"]);
        Assert.Equal(Math.Round(Math.Exp(-0.25), 4), (double)answer["score"]!);
        Assert.Equal("big", (string?)answer["model"]);
        Assert.Equal("Bearer s3cret", authorization);
        Assert.Contains("0af7651916cd43dd8448eb211c80319c", trace, StringComparison.Ordinal);
        Assert.Equal("big", (string?)question!["model"]);
        Assert.Equal("oh no", (string?)question["messages"]![1]!["content"]);
    }

    [Fact]
    public async Task A_score_that_the_model_does_not_say_is_null()
    {
        await using var agent = await StartAsync();

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.OK);

        Assert.Equal("positive", (string?)answer["prediction"]);
        Assert.True(answer.AsObject().ContainsKey("score"));
        Assert.Null(answer["score"]);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task What_may_pass_is_tried_again(int status)
    {
        _behaviour = (context, call) => call < 3 ? RefuseAsync(context, status) : CompleteAsync(context, "neutral");
        await using var agent = await StartAsync();

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.OK);

        Assert.Equal("neutral", (string?)answer["prediction"]);
        Assert.Equal(3, _calls);
    }

    [Fact]
    public async Task What_will_not_pass_is_not_tried_again()
    {
        _behaviour = (context, _) => RefuseAsync(context, 401);
        await using var agent = await StartAsync();

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.BadGateway);

        Assert.Contains("401", (string)answer["detail"]!, StringComparison.Ordinal);
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task A_server_that_is_down_is_a_bad_gateway_and_its_budget_bounds_the_retries()
    {
        _behaviour = (context, _) => RefuseAsync(context, 500);
        await using var agent = await StartAsync();

        for (var i = 0; i < 20; i++)
        {
            await agent.InferAsync("fine").JsonAsync(HttpStatusCode.BadGateway);
        }

        // Twenty attempts, ten retries that were there to begin with, and what twenty requests earned.
        Assert.InRange(_calls, 30, 32);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_bad_gateway()
    {
        await using var agent = await StartAsync();
        await _server.StopAsync();

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.BadGateway);

        Assert.Contains("reached", (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stalls_is_a_gateway_timeout()
    {
        _behaviour = (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var agent = await StartAsync("--Model:AttemptTimeoutSeconds=0.2", "--Model:MaxAttempts=2");

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.GatewayTimeout);

        Assert.Contains("0.2 s", (string)answer["detail"]!, StringComparison.Ordinal);
        Assert.Equal(2, _calls);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"message":{"content":"I would rather not say"}}]}""")]
    public async Task An_answer_that_is_none_is_a_bad_gateway(string body)
    {
        _behaviour = (context, _) => context.Response.WriteAsync(body);
        await using var agent = await StartAsync();

        await agent.InferAsync("fine").JsonAsync(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_is_a_bad_gateway()
    {
        _behaviour = async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"choices\":");
            context.Abort();
        };
        await using var agent = await StartAsync();

        await agent.InferAsync("fine").JsonAsync(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task A_stream_is_passed_on_token_by_token()
    {
        _behaviour = (context, _) => StreamAsync(context, ["Pos", "itive", "."], done: true);
        await using var agent = await StartAsync();

        using var response = await agent.PostAsync("/inference/stream", """{"text":"fine"}""");
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(4, events.Length);
        Assert.Contains("\"token\":\"Pos\",\"prediction\":null", events[0], StringComparison.Ordinal);
        Assert.Contains("\"token\":\"itive\",\"prediction\":\"positive\"", events[1], StringComparison.Ordinal);
        Assert.Equal("data: [DONE]", events[3]);
    }

    [Fact]
    public async Task A_stream_that_ends_too_soon_ends_with_an_error_and_no_end_mark()
    {
        _behaviour = (context, _) => StreamAsync(context, ["Pos"], done: false);
        await using var agent = await StartAsync();

        using var response = await agent.PostAsync("/inference/stream", """{"text":"fine"}""");
        var body = await response.Content.ReadAsStringAsync();

        Assert.Contains("event: error\ndata: {\"detail\":", body, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_cannot_begin_is_a_bad_gateway()
    {
        _behaviour = (context, _) => RefuseAsync(context, 404);
        await using var agent = await StartAsync();

        await agent.PostAsync("/inference/stream", """{"text":"fine"}""").JsonAsync(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task A_stream_that_stalls_ends_with_an_error_when_the_request_s_time_is_over_and_is_let_go()
    {
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _behaviour = async (context, _) =>
        {
            context.RequestAborted.Register(letGo.SetResult);
            await StreamAsync(context, ["Pos"], done: false);
            await letGo.Task;
        };
        await using var agent = await StartAsync("--Inference:TimeoutSeconds=2");

        using var response = await agent.PostAsync("/inference/stream", """{"text":"fine"}""");
        var body = await response.Content.ReadAsStringAsync();

        Assert.StartsWith("data: {\"token\":\"Pos\"", body, StringComparison.Ordinal);
        Assert.EndsWith("event: error\ndata: {\"detail\":\"The model did not answer within 2 s\"}\n\n", body, StringComparison.Ordinal);
        await letGo.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task A_stream_that_is_cut_off_ends_with_an_error_and_is_not_begun_anew()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _behaviour = async (context, _) =>
        {
            await StreamAsync(context, ["Pos"], done: false);
            await seen.Task;
            context.Abort();
        };
        await using var agent = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference/stream") { Content = new StringContent("""{"text":"fine"}""", System.Text.Encoding.UTF8, "application/json") };

        using var response = await agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: {\"token\":\"Pos\"", await reader.ReadLineAsync(), StringComparison.Ordinal);
        seen.SetResult();
        var rest = await reader.ReadToEndAsync();

        Assert.EndsWith("event: error\ndata: {\"detail\":\"The model\\u0027s server broke off its answer\"}\n\n", rest, StringComparison.Ordinal);
        Assert.Equal(1, _calls);
    }

    // With line ends, and without any: then all of it would be one line, which is kept until it is whole.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_without_an_end_is_given_up_after_a_megabyte(bool lines)
    {
        const int parts = 16 * 1024;
        var part = new byte[64 * 1024];
        Array.Fill(part, (byte)'a');
        part[^1] = lines ? (byte)'\n' : (byte)'a';
        _behaviour = async (context, _) =>
        {
            for (var i = 0; i < parts && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(part, context.RequestAborted);
            }
        };
        await using var agent = await StartAsync();

        var answer = await agent.PostAsync("/inference/stream", "{\"text\":\"fine\"}").JsonAsync(HttpStatusCode.BadGateway);

        Assert.Equal("The model's server does not come to an end", (string?)answer["detail"]);
    }

    [Fact]
    public async Task An_answer_that_stalls_after_its_head_is_a_gateway_timeout()
    {
        _behaviour = async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"choices\":");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var agent = await StartAsync("--Inference:TimeoutSeconds=2");

        var answer = await agent.InferAsync("fine").JsonAsync(HttpStatusCode.GatewayTimeout);

        Assert.Contains("2 s", (string)answer["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_away_in_the_middle_of_a_stream_lets_the_server_go()
    {
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _behaviour = async (context, _) =>
        {
            context.RequestAborted.Register(letGo.SetResult);
            await StreamAsync(context, ["Pos"], done: false);
            await letGo.Task;
        };
        await using var agent = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/inference/stream") { Content = new StringContent("""{"text":"fine"}""", System.Text.Encoding.UTF8, "application/json") };

        using (var response = await agent.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        await letGo.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await Eventually.IsTrueAsync(async () => await agent.MetricAsync("inference_in_flight") == 0, "its turn is over");
    }

    [Fact]
    public void A_budget_earns_a_retry_with_ten_requests()
    {
        var budget = new RetryBudget();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(budget.TrySpend());
        }

        Assert.False(budget.TrySpend());
        for (var i = 0; i < 10; i++)
        {
            Assert.False(budget.TrySpend());
            budget.Earn();
        }

        Assert.True(budget.TrySpend());
        Assert.False(budget.TrySpend());
    }

    private static Task RefuseAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = "0";
        return Task.CompletedTask;
    }

    private static Task CompleteAsync(HttpContext context, string content, double? logProbability = null)
    {
        var choice = new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content } };
        if (logProbability is { } log)
        {
            choice["logprobs"] = new JsonObject { ["content"] = new JsonArray(new JsonObject { ["token"] = content, ["logprob"] = log }) };
        }

        return context.Response.WriteAsync(new JsonObject { ["choices"] = new JsonArray(choice) }.ToJsonString());
    }

    private static async Task StreamAsync(HttpContext context, string[] tokens, bool done)
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
