using System.Net;
using Agent.Models;
using Agent.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Agent.Tests.Inference;

/// <summary>Limits on concurrency, queue and time.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Requests_beyond_the_concurrency_wait_and_beyond_the_queue_get_503()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:MaxConcurrency=2", "--Inference:QueueLimit=1");
        var model = StubModel.InstallInto(agent);

        var first = agent.InferAsync("one");
        var second = agent.InferAsync("two");
        await model.WaitForStartsAsync(2);
        var third = agent.InferAsync("three");
        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync("inference_in_flight") == 3, "the third request waits");

        using var fourth = await agent.InferAsync("four", ("X-Request-Id", "rejected"));
        var rejection = await fourth.ReadJsonAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Contains("try again", (string)rejection["detail"]!, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), fourth.Headers.RetryAfter!.Delta);
        Assert.Equal(503, (int)(await agent.WaitForLogLineAsync("rejected"))["status_code"]!);
        Assert.Equal(2, model.Started);

        model.CompleteOldest();
        await model.WaitForStartsAsync(3);
        model.CompleteOldest();
        model.CompleteOldest();
        foreach (var accepted in new[] { first, second, third })
        {
            await accepted.ReadJsonAsync(HttpStatusCode.OK);
        }

        Assert.Equal(0, await agent.ReadMetricAsync("inference_in_flight"));
        Assert.Equal(3, await agent.ReadMetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(1, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task Synchronous_model_also_waits_for_a_free_slot()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:MaxConcurrency=1", "--Inference:QueueLimit=1");
        var builtIn = agent.Services.GetRequiredService<ModelSlot>().Current;
        var model = StubModel.InstallInto(agent);
        var slow = agent.InferAsync("one");
        await model.WaitForStartsAsync(1);
        agent.Services.GetRequiredService<ModelSlot>().SwapModel(builtIn);

        var next = agent.InferAsync("two");
        await Eventually.AssertAsync(async () => await agent.ReadMetricAsync("inference_in_flight") == 2, "the second request waits");
        await agent.InferAsync("three").ReadJsonAsync(HttpStatusCode.ServiceUnavailable);

        model.CompleteOldest();
        await slow.ReadJsonAsync(HttpStatusCode.OK);
        await next.ReadJsonAsync(HttpStatusCode.OK);
        await agent.InferAsync("four").ReadJsonAsync(HttpStatusCode.OK);
        Assert.Equal(0, await agent.ReadMetricAsync("inference_in_flight"));
    }

    [Fact]
    public async Task Slow_model_is_a_504_for_running_and_waiting_requests()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:TimeoutSeconds=0.2", "--Inference:MaxConcurrency=1");
        var model = StubModel.InstallInto(agent);

        var working = agent.InferAsync("one", ("X-Request-Id", "too-long"));
        var waiting = agent.InferAsync("two");

        var answer = await working.ReadJsonAsync(HttpStatusCode.GatewayTimeout);
        Assert.Contains("0.2 s", (string)answer["detail"]!, StringComparison.Ordinal);
        await waiting.ReadJsonAsync(HttpStatusCode.GatewayTimeout);
        Assert.Equal(model.Started, model.Canceled);
        Assert.Equal("error", (string?)(await agent.WaitForLogLineAsync("too-long"))["status"]);
        Assert.Equal(0, await agent.ReadMetricAsync("inference_in_flight"));
    }

    [Fact]
    public async Task Disconnected_client_cancels_its_inference_and_frees_the_slot()
    {
        await using var agent = await RunningAgent.StartAsync("--Inference:MaxConcurrency=1");
        var model = StubModel.InstallInto(agent);
        using var gone = new CancellationTokenSource();
        using var content = new StringContent("""{"text":"one"}""", System.Text.Encoding.UTF8, "application/json");

        var pending = agent.Http.PostAsync(new Uri("/inference", UriKind.Relative), content, gone.Token);
        await model.WaitForStartsAsync(1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);

        await Eventually.AssertAsync(() => model.Canceled == 1, "the prediction is canceled");
        await Eventually.AssertAsync(() => agent.ReadLogLines().Count == 1, "the request is logged");
        Assert.Equal(499, (int)agent.ReadLogLines()[0]["status_code"]!);

        // Its slot is free again.
        var next = agent.InferAsync("two");
        await model.WaitForStartsAsync(2);
        model.CompleteOldest();
        model.CompleteOldest();
        await next.ReadJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stopping_waits_for_the_requests_in_progress()
    {
        var agent = await RunningAgent.StartAsync();
        await using var stopped = agent;
        var model = StubModel.InstallInto(agent);
        var pending = agent.InferAsync("one");
        await model.WaitForStartsAsync(1);

        var stopping = agent.StopAsync();
        await Eventually.AssertAsync(
            async () =>
            {
                using var readiness = await agent.Management.GetAsync(new Uri("/readyz", UriKind.Relative));
                return readiness.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "the agent is not ready");
        model.CompleteOldest();

        await pending.ReadJsonAsync(HttpStatusCode.OK);
        Assert.Equal(0, await stopping);
        Assert.Single(agent.ReadLogLines());
    }
}
