using System.Net;
using System.Text.Json.Nodes;
using Agent.Classifier;
using Agent.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Agent.Tests;

/// <summary>What changes without a restart, and that it changes whole or not at all.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Config => _directory.File("agent.json");

    private string Model => _directory.File("model.json");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_model_that_is_replaced_under_load_fails_no_request()
    {
        WriteModel("model-0");
        await using var agent = await RunningAgent.StartAsync($"--Model:Path={Model}");
        using var done = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var load = Enumerable.Range(0, 16).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                var answer = await agent.InferAsync("what a lovely day").JsonAsync(HttpStatusCode.OK);
                Assert.Equal("positive", (string?)answer["prediction"]);
                seen.AddOrUpdate((string)answer["model"]!, 1, (_, count) => count + 1);
            }
        }).ToList();

        await Eventually.IsTrueAsync(() => seen.ContainsKey("model-0") || load.Any(task => task.IsFaulted), "model-0 answers");
        for (var i = 1; i <= 10; i++)
        {
            var name = $"model-{i}";
            WriteModel(name);
            await ReloadAsync(agent, HttpStatusCode.OK);
            await Eventually.IsTrueAsync(() => seen.ContainsKey(name) || load.Any(task => task.IsFaulted), $"{name} answers");
        }

        await done.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(11, seen.Count);
        Assert.Equal(seen.Values.Sum(), await agent.MetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(0, await agent.MetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task A_request_under_way_finishes_on_the_model_that_it_began_on()
    {
        await using var agent = await RunningAgent.StartAsync();
        var old = StubModel.PutInto(agent);
        var pending = agent.InferAsync("one");
        await old.EnteredAsync(1);

        await ReloadAsync(agent, HttpStatusCode.OK);
        var after = await agent.InferAsync("two").JsonAsync(HttpStatusCode.OK);
        old.Release("neutral");
        var before = await pending.JsonAsync(HttpStatusCode.OK);

        Assert.Equal("sentiment-linear-1", (string?)after["model"]);
        Assert.Equal("stub", (string?)before["model"]);
        Assert.Equal("neutral", (string?)before["prediction"]);
    }

    [Fact]
    public async Task A_model_that_does_not_load_is_refused_and_the_old_one_stays()
    {
        WriteModel("good");
        await using var agent = await RunningAgent.StartAsync($"--Model:Path={Model}");
        await File.WriteAllTextAsync(Model, "{\"half\":");

        var refusal = await ReloadAsync(agent, HttpStatusCode.UnprocessableEntity);

        Assert.Contains("Model:Path", refusal.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("good", (string?)(await agent.InferAsync("fine").JsonAsync(HttpStatusCode.OK))["model"]);
    }

    [Fact]
    public async Task Limits_change_with_the_next_request()
    {
        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":3}}""");
        await using var agent = await RunningAgent.StartAsync($"--config={Config}");
        await agent.InferAsync("four").JsonAsync(HttpStatusCode.UnprocessableEntity);

        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":4,"MaxConcurrency":1,"QueueLimit":0}}""");
        var result = await ReloadAsync(agent, HttpStatusCode.OK);

        Assert.Empty(result["restart_required"]!.AsArray());
        await agent.InferAsync("four").JsonAsync(HttpStatusCode.OK);
        var model = StubModel.PutInto(agent);
        var pending = agent.InferAsync("one");
        await model.EnteredAsync(1);
        await agent.InferAsync("two").JsonAsync(HttpStatusCode.ServiceUnavailable);
        model.Release();
        await pending.JsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_log_level_changes_with_a_reload_and_back()
    {
        await File.WriteAllTextAsync(Config, "{}");
        await using var agent = await RunningAgent.StartAsync($"--config={Config}");
        var logger = agent.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Agent.Models.ModelReload");
        Assert.False(logger.IsEnabled(LogLevel.Debug));
        Assert.True(logger.IsEnabled(LogLevel.Information));

        await File.WriteAllTextAsync(Config, """{"Logging":{"LogLevel":{"Agent":"Debug"}}}""");
        var result = await ReloadAsync(agent, HttpStatusCode.OK);
        Assert.Empty(result["restart_required"]!.AsArray());
        await Eventually.IsTrueAsync(() => logger.IsEnabled(LogLevel.Debug), "debug is on");

        await File.WriteAllTextAsync(Config, """{"Logging":{"LogLevel":{"Default":"Error"}}}""");
        await ReloadAsync(agent, HttpStatusCode.OK);
        await Eventually.IsTrueAsync(() => !logger.IsEnabled(LogLevel.Warning), "warnings are off");

        await File.WriteAllTextAsync(Config, """{"Logging":{"LogLevel":{"Default":"Loud"}}}""");
        var refusal = await ReloadAsync(agent, HttpStatusCode.UnprocessableEntity);
        Assert.Contains("Logging:LogLevel:Default", refusal.ToJsonString(), StringComparison.Ordinal);
        Assert.True(logger.IsEnabled(LogLevel.Error));
        Assert.False(logger.IsEnabled(LogLevel.Warning));
    }

    [Fact]
    public async Task A_configuration_with_one_error_changes_nothing()
    {
        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":3}}""");
        await using var agent = await RunningAgent.StartAsync($"--config={Config}");

        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":400,"MaxConcurrency":-1}}""");
        await ReloadAsync(agent, HttpStatusCode.UnprocessableEntity);

        await agent.InferAsync("four").JsonAsync(HttpStatusCode.UnprocessableEntity);
    }

    private static Task<JsonNode> ReloadAsync(RunningAgent agent, HttpStatusCode expected) =>
        agent.Management.PostAsync(new Uri("/-/reload", UriKind.Relative), null).JsonAsync(expected);

    private void WriteModel(string name)
    {
        File.WriteAllBytes(Model + ".new", (WeightsFile.LoadBuiltIn() with { Name = name }).ToBytes());
        File.Move(Model + ".new", Model, overwrite: true);
    }
}
