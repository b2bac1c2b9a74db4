using System.Net;
using System.Text.Json.Nodes;
using Agent.Classifier;
using Agent.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Agent.Tests;

/// <summary>A reload applies completely or not at all.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Config => _directory["agent.json"];

    private string Model => _directory["model.json"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Model_replaced_under_load_fails_no_request()
    {
        WriteModel("model-0");
        await using var agent = await RunningAgent.StartAsync($"--Model:Path={Model}");
        using var done = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var load = Enumerable.Range(0, 16).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                var answer = await agent.InferAsync("what a lovely day").ReadJsonAsync(HttpStatusCode.OK);
                Assert.Equal("positive", (string?)answer["prediction"]);
                seen.AddOrUpdate((string)answer["model"]!, 1, (_, count) => count + 1);
            }
        }).ToList();

        await Eventually.AssertAsync(() => seen.ContainsKey("model-0") || load.Any(task => task.IsFaulted), "model-0 answers");
        for (var i = 1; i <= 10; i++)
        {
            var name = $"model-{i}";
            WriteModel(name);
            await ReloadAsync(agent, HttpStatusCode.OK);
            await Eventually.AssertAsync(() => seen.ContainsKey(name) || load.Any(task => task.IsFaulted), $"{name} answers");
        }

        await done.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(11, seen.Count);
        Assert.Equal(seen.Values.Sum(), await agent.ReadMetricAsync("inference_requests_total{status=\"success\"}"));
        Assert.Equal(0, await agent.ReadMetricAsync("inference_requests_total{status=\"error\"}"));
    }

    [Fact]
    public async Task Request_in_progress_completes_on_the_model_it_started_with()
    {
        await using var agent = await RunningAgent.StartAsync();
        var old = StubModel.InstallInto(agent);
        var pending = agent.InferAsync("one");
        await old.WaitForStartsAsync(1);

        await ReloadAsync(agent, HttpStatusCode.OK);
        var after = await agent.InferAsync("two").ReadJsonAsync(HttpStatusCode.OK);
        old.CompleteOldest("neutral");
        var before = await pending.ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("sentiment-linear-1", (string?)after["model"]);
        Assert.Equal("stub", (string?)before["model"]);
        Assert.Equal("neutral", (string?)before["prediction"]);
    }

    [Fact]
    public async Task Broken_weights_file_is_rejected_and_the_old_model_stays()
    {
        WriteModel("good");
        await using var agent = await RunningAgent.StartAsync($"--Model:Path={Model}");
        await File.WriteAllTextAsync(Model, "{\"half\":");

        var rejection = await ReloadAsync(agent, HttpStatusCode.UnprocessableEntity);

        Assert.Contains("Model:Path", rejection.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("good", (string?)(await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK))["model"]);
    }

    [Fact]
    public async Task Reloaded_limits_apply_to_the_next_request()
    {
        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":3}}""");
        await using var agent = await RunningAgent.StartAsync($"--config={Config}");
        await agent.InferAsync("four").ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":4,"MaxConcurrency":1,"QueueLimit":0}}""");
        var result = await ReloadAsync(agent, HttpStatusCode.OK);

        Assert.Empty(result["restart_required"]!.AsArray());
        await agent.InferAsync("four").ReadJsonAsync(HttpStatusCode.OK);
        var model = StubModel.InstallInto(agent);
        var pending = agent.InferAsync("one");
        await model.WaitForStartsAsync(1);
        await agent.InferAsync("two").ReadJsonAsync(HttpStatusCode.ServiceUnavailable);
        model.CompleteOldest();
        await pending.ReadJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Log_level_changes_with_each_reload()
    {
        await File.WriteAllTextAsync(Config, "{}");
        await using var agent = await RunningAgent.StartAsync($"--config={Config}");
        var logger = agent.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Agent.Models.Loading.ModelReload");
        Assert.False(logger.IsEnabled(LogLevel.Debug));
        Assert.True(logger.IsEnabled(LogLevel.Information));

        await File.WriteAllTextAsync(Config, """{"Logging":{"LogLevel":{"Agent":"Debug"}}}""");
        var result = await ReloadAsync(agent, HttpStatusCode.OK);
        Assert.Empty(result["restart_required"]!.AsArray());
        await Eventually.AssertAsync(() => logger.IsEnabled(LogLevel.Debug), "debug is on");

        await File.WriteAllTextAsync(Config, """{"Logging":{"LogLevel":{"Default":"Error"}}}""");
        await ReloadAsync(agent, HttpStatusCode.OK);
        await Eventually.AssertAsync(() => !logger.IsEnabled(LogLevel.Warning), "warnings are off");

        await File.WriteAllTextAsync(Config, """{"Logging":{"LogLevel":{"Default":"Loud"}}}""");
        var rejection = await ReloadAsync(agent, HttpStatusCode.UnprocessableEntity);
        Assert.Contains("Logging:LogLevel:Default", rejection.ToJsonString(), StringComparison.Ordinal);
        Assert.True(logger.IsEnabled(LogLevel.Error));
        Assert.False(logger.IsEnabled(LogLevel.Warning));
    }

    [Fact]
    public async Task Reload_with_one_invalid_key_changes_nothing()
    {
        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":3}}""");
        await using var agent = await RunningAgent.StartAsync($"--config={Config}");

        await File.WriteAllTextAsync(Config, """{"Inference":{"MaxTextChars":400,"MaxConcurrency":-1}}""");
        await ReloadAsync(agent, HttpStatusCode.UnprocessableEntity);

        await agent.InferAsync("four").ReadJsonAsync(HttpStatusCode.UnprocessableEntity);
    }

    private static Task<JsonNode> ReloadAsync(RunningAgent agent, HttpStatusCode expected) =>
        agent.Management.PostAsync(new Uri("/-/reload", UriKind.Relative), null).ReadJsonAsync(expected);

    private void WriteModel(string name)
    {
        File.WriteAllBytes(Model + ".new", (WeightsFile.LoadBuiltIn() with { Name = name }).SerializeToBytes());
        File.Move(Model + ".new", Model, overwrite: true);
    }
}
