using System.Net;
using Agent.Models;
using Agent.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Agent.Tests.Inference;

/// <summary>How much is done at a time, for how long, and for whom no more.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task What_is_beyond_the_concurrency_waits_and_what_is_beyond_the_queue_is_turned_away()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:MaxConcurrency=2", "--Inference:QueueLimit=1");
        var model = StubModel.PutInto(agent);

        var first = agent.InferAsync("one");
        var second = agent.InferAsync("two");
        await model.EnteredAsync(2);
        var third = agent.InferAsync("three");
        await Eventually.IsTrueAsync(async () => await agent.MetricAsync("inference_in_flight") == 3, "the third waits");

        using var fourth = await agent.InferAsync("four", ("X-Request-Id", "turned-away"));
        var refusal = await fourth.JsonAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Contains("try again", (string)refusal["detail"]!, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), fourth.Headers.RetryAfter!.Delta);
        Assert.Equal(503, (int)(await agent.LoggedLineAsync("turned-away"))["status_code"]!);
        Assert.Equal(2, model.Entered);

        model.Release();
        await model.EnteredAsync(3);
        model.Release();
        model.Release();
        foreach (var accepted in new[] { first, second, third })
        {
            await accepted.JsonAsync(HttpStatusCode.OK);
        }

        Assert.Equal(0, await agent.MetricAsync("inference_in_flight"));
        Assert.Equal(3, await agent.MetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(1, await agent.MetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task A_model_that_answers_at_once_is_asked_in_turn_like_any_other()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:MaxConcurrency=1", "--Inference:QueueLimit=1");
        var builtIn = agent.Services.GetRequiredService<ModelSlot>().Current;
        var model = StubModel.PutInto(agent);
        var slow = agent.InferAsync("one");
        await model.EnteredAsync(1);
        agent.Services.GetRequiredService<ModelSlot>().Swap(builtIn);

        var next = agent.InferAsync("two");
        await Eventually.IsTrueAsync(async () => await agent.MetricAsync("inference_in_flight") == 2, "the second waits");
        await agent.InferAsync("three").JsonAsync(HttpStatusCode.ServiceUnavailable);

        model.Release();
        await slow.JsonAsync(HttpStatusCode.OK);
        await next.JsonAsync(HttpStatusCode.OK);
        await agent.InferAsync("four").JsonAsync(HttpStatusCode.OK);
        Assert.Equal(0, await agent.MetricAsync("inference_in_flight"));
    }

    [Fact]
    public async Task A_model_that_takes_too_long_is_a_gateway_timeout()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:TimeoutSeconds=0.2", "--Inference:MaxConcurrency=1");
        var model = StubModel.PutInto(agent);

        var working = agent.InferAsync("one", ("X-Request-Id", "too-long"));
        var waiting = agent.InferAsync("two");

        var answer = await working.JsonAsync(HttpStatusCode.GatewayTimeout);
        Assert.Contains("0.2 s", (string)answer["detail"]!, StringComparison.Ordinal);
        await waiting.JsonAsync(HttpStatusCode.GatewayTimeout);
        Assert.Equal(model.Entered, model.Cancelled);
        Assert.Equal("error", (string?)(await agent.LoggedLineAsync("too-long"))["status"]);
        Assert.Equal(0, await agent.MetricAsync("inference_in_flight"));
    }

    [Fact]
    public async Task Work_for_a_client_that_is_gone_is_cancelled()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:MaxConcurrency=1");
        var model = StubModel.PutInto(agent);
        using var gone = new CancellationTokenSource();
        using var content = new StringContent("""{"text":"one"}""", System.Text.Encoding.UTF8, "application/json");

        var pending = agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content, gone.Token);
        await model.EnteredAsync(1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        await Eventually.IsTrueAsync(() => model.Cancelled == 1, "the work is cancelled");
        await Eventually.IsTrueAsync(() => agent.LoggedLines().Count == 1, "it has its line");
        Assert.Equal(499, (int)agent.LoggedLines()[0]["status_code"]!);

        // Its place is free again.
        var next = agent.InferAsync("two");
        await model.EnteredAsync(2);
        model.Release();
        model.Release();
        await next.JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stopping_waits_for_the_requests_under_way()
    {
        var agent = await RunningAgent.StartAsync();
        await using var stopped = agent;
        var model = StubModel.PutInto(agent);
        var pending = agent.InferAsync("one");
        await model.EnteredAsync(1);

        var stopping = agent.StopAsync();
        await Eventually.IsTrueAsync(
            async () => (await agent.Management.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode == HttpStatusCode.ServiceUnavailable,
            "it is not ready any more");
        model.Release();

        await pending.JsonAsync(HttpStatusCode.OK);
        Assert.Equal(0, await stopping);
        Assert.Single(agent.LoggedLines());
    }
}
