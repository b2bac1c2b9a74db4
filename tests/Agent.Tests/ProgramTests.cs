using Agent.Tests.Support;

namespace Agent.Tests;

/// <summary>The agent as a process of its own: exit codes, signals, verbs.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Training_by_the_verb_writes_the_built_in_weights_and_reports()
    {
        var model = _directory.File("model.json");

        using var train = AgentProcess.Start("train", Repository.File("agent/Classifier/Data/sentiment.tsv"), "--out", model);

        Assert.Equal(0, await train.ExitCodeAsync());
        Assert.Equal(await File.ReadAllBytesAsync(Repository.File("agent/Classifier/Data/sentiment.json")), await File.ReadAllBytesAsync(model));
        Assert.Contains("accuracy 79.2 %", train.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("train", "data.tsv")]
    [InlineData("train", "data.tsv", "--out")]
    [InlineData("train", "data.tsv", "--out", "model.json", "--more")]
    public async Task A_training_that_is_not_understood_says_how_it_goes(params string[] arguments)
    {
        using var train = AgentProcess.Start(arguments);

        Assert.Equal(2, await train.ExitCodeAsync());
        Assert.Contains("usage: train DATA.tsv --out model.json", train.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_on_a_file_that_is_not_there_fails_with_its_name()
    {
        using var train = AgentProcess.Start("train", _directory.File("none.tsv"), "--out", _directory.File("model.json"));

        Assert.Equal(1, await train.ExitCodeAsync());
        Assert.Contains("none.tsv", train.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.File("model.json")));
    }

    [Fact]
    public async Task A_configuration_that_is_wrong_is_refused_with_every_error()
    {
        using var agent = AgentProcess.Start("--Http:Port=99999", "--Inference:MaxConcurrency=0", "--RequestLog:MaxFilez=3");

        Assert.Equal(2, await agent.ExitCodeAsync());
        Assert.Contains("Http:Port", agent.Errors, StringComparison.Ordinal);
        Assert.Contains("Inference:MaxConcurrency", agent.Errors, StringComparison.Ordinal);
        Assert.Contains("RequestLog:MaxFilez", agent.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_cannot_be_read_is_refused_at_the_start()
    {
        using var agent = AgentProcess.Start("--Http:Port=0", "--Management:Port=0", "--Model:Path=/nowhere/model.json");

        Assert.Equal(2, await agent.ExitCodeAsync());
        Assert.Contains("Model:Path", agent.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_ends_it_with_every_line_written()
    {
        var logFile = _directory.File("requests.log");
        using var agent = AgentProcess.Start("--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", $"--LOG_FILE={logFile}");
        using var http = new HttpClient { BaseAddress = new Uri(await agent.AddressAsync()) };
        for (var i = 0; i < 100; i++)
        {
            using var response = await http.GetAsync(new Uri("/", UriKind.Relative));
            Assert.True(response.IsSuccessStatusCode);
        }

        agent.Signal("TERM");

        Assert.Equal(0, await agent.ExitCodeAsync());
        Assert.Equal(100, RunningAgent.LinesOf(logFile).Count);
    }

    // The server has then used all of the grace, before the log is asked to end.
    [Fact]
    public async Task SIGTERM_in_the_middle_of_an_inference_that_outlasts_the_grace_ends_it_in_order_too()
    {
        var logFile = _directory.File("requests.log");
        using var agent = AgentProcess.Start(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=127.0.0.1", $"--LOG_FILE={logFile}", "--Shutdown:GraceSeconds=1",
            "--Faults:Enabled=true", "--Faults:Hang=true");
        using var http = new HttpClient { BaseAddress = new Uri(await agent.AddressAsync()) };
        using var first = await http.GetAsync(new Uri("/", UriKind.Relative));
        var hanging = http.PostAsync(new Uri("/inference", UriKind.Relative), new StringContent("{\"text\":\"good\"}", System.Text.Encoding.UTF8, "application/json"));
        await Eventually.IsTrueAsync(() => RunningAgent.LinesOf(logFile).Count == 1, "the first line is there");

        agent.Signal("TERM");

        Assert.Equal(0, await agent.ExitCodeAsync());
        Assert.Contains("ended with exit code 0", agent.Output, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => hanging);
        Assert.Equal(["/", "/inference"], RunningAgent.LinesOf(logFile).Select(l => (string?)l["path"]));
    }

    [Theory]
    [InlineData("-00:00:05")]
    [InlineData("60.00:00:00")]
    public async Task A_latency_that_no_inference_can_have_is_refused(string latency)
    {
        using var agent = AgentProcess.Start("--Faults:Enabled=true", $"--Faults:Latency={latency}");

        Assert.Equal(2, await agent.ExitCodeAsync());
        Assert.Contains("Faults:Latency", agent.Errors, StringComparison.Ordinal);
    }
}
