using System.Text;
using Agent.Tests.Support;

namespace Agent.Tests;

/// <summary>The agent as a process: exit codes, signals, verbs.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Train_verb_writes_the_built_in_weights_and_prints_a_report()
    {
        var model = _directory["model.json"];

        await using var train = AgentProcess.Run("train", Repository.PathOf("agent/Classifier/Data/sentiment.tsv"), "--out", model);

        Assert.Equal(0, await train.WaitForExitAsync());
        var builtIn = await File.ReadAllBytesAsync(Repository.PathOf("agent/Classifier/Data/sentiment.json"));
        Assert.Equal(builtIn, await File.ReadAllBytesAsync(model));
        Assert.Contains(train.Output, line => line.Contains("accuracy 79.2 %", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("train", "data.tsv")]
    [InlineData("train", "data.tsv", "--out")]
    [InlineData("train", "data.tsv", "--out", "model.json", "--more")]
    public async Task Train_verb_with_wrong_arguments_prints_its_usage(params string[] arguments)
    {
        await using var train = AgentProcess.Run(arguments);

        Assert.Equal(2, await train.WaitForExitAsync());
        Assert.Contains(train.Errors, line => line.Contains("usage: train DATA.tsv --out model.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Train_verb_with_a_missing_file_fails_with_its_name()
    {
        await using var train = AgentProcess.Run("train", _directory["none.tsv"], "--out", _directory["model.json"]);

        Assert.Equal(1, await train.WaitForExitAsync());
        Assert.Contains(train.Errors, line => line.Contains("none.tsv", StringComparison.Ordinal));
        Assert.False(File.Exists(_directory["model.json"]));
    }

    [Fact]
    public async Task Invalid_configuration_is_rejected_with_every_error()
    {
        await using var agent = AgentProcess.Run("--Http:Port=99999", "--Inference:MaxConcurrency=0", "--RequestLog:MaxFilez=3");

        Assert.Equal(2, await agent.WaitForExitAsync());
        Assert.Contains(agent.Errors, line => line.Contains("Http:Port", StringComparison.Ordinal));
        Assert.Contains(agent.Errors, line => line.Contains("Inference:MaxConcurrency", StringComparison.Ordinal));
        Assert.Contains(agent.Errors, line => line.Contains("RequestLog:MaxFilez", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unreadable_model_file_is_rejected_at_start()
    {
        await using var agent = AgentProcess.Run("--Http:Port=0", "--Management:Port=0", "--Model:Path=/nowhere/model.json");

        Assert.Equal(2, await agent.WaitForExitAsync());
        Assert.Contains(agent.Errors, line => line.Contains("Model:Path", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SIGTERM_stops_the_agent_after_every_line_is_written()
    {
        var logFile = _directory["requests.log"];
        await using var agent = AgentProcess.Run(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", $"--LOG_FILE={logFile}");
        using var http = new HttpClient { BaseAddress = await AgentProcess.WaitForAddressAsync(agent) };
        for (var i = 0; i < 100; i++)
        {
            using var response = await http.GetAsync(new Uri("/", UriKind.Relative));
            Assert.True(response.IsSuccessStatusCode);
        }

        agent.Terminate();

        Assert.Equal(0, await agent.WaitForExitAsync());
        Assert.Equal(100, RunningAgent.ReadLines(logFile).Count);
    }

    // The web server then uses the complete shutdown timeout before the request log stops.
    [Fact]
    public async Task SIGTERM_during_an_endless_inference_still_exits_in_order()
    {
        var logFile = _directory["requests.log"];
        await using var agent = AgentProcess.Run(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", $"--LOG_FILE={logFile}", "--Shutdown:GraceSeconds=1",
            "--Faults:Enabled=true", "--Faults:Hang=true");
        using var http = new HttpClient { BaseAddress = await AgentProcess.WaitForAddressAsync(agent) };
        using var first = await http.GetAsync(new Uri("/", UriKind.Relative));
        using var content = new StringContent("{\"text\":\"good\"}", Encoding.UTF8, "application/json");
        var hanging = http.PostAsync(new Uri("/inference", UriKind.Relative), content);
        await Eventually.AssertAsync(() => RunningAgent.ReadLines(logFile).Count == 1, "the first request is logged");

        agent.Terminate();

        Assert.Equal(0, await agent.WaitForExitAsync());
        Assert.Contains(agent.Output, line => line.Contains("\"exit_code\":0", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => hanging);
        Assert.Equal(["/", "/inference"], RunningAgent.ReadLines(logFile).Select(l => (string?)l["path"]));
    }

    [Theory]
    [InlineData("-00:00:05")]
    [InlineData("60.00:00:00")]
    public async Task Latency_outside_its_range_is_rejected(string latency)
    {
        await using var agent = AgentProcess.Run("--Faults:Enabled=true", $"--Faults:Latency={latency}");

        Assert.Equal(2, await agent.WaitForExitAsync());
        Assert.Contains(agent.Errors, line => line.Contains("Faults:Latency", StringComparison.Ordinal));
    }
}
