namespace TestKit.Tests.Processes;

public sealed class AgentProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Requests_of_a_ready_agent_are_in_its_log_after_it_stopped()
    {
        await using var agent = await AgentProcess.StartAsync(_directory["requests.log"]);

        await agent.SendInferencesAsync(2, firstId: 7);
        await agent.StopAsync();

        var log = await File.ReadAllTextAsync(agent.LogFile);
        Assert.Contains("\"request_id\":\"l-7\"", log, StringComparison.Ordinal);
        Assert.Contains("\"request_id\":\"l-8\"", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_with_a_port_of_its_own_choice_reports_the_address()
    {
        await using var agent = AgentProcess.Run(
            "--Http:Port=0", "--Management:Port=0", "--Listen:Address=localhost", $"--LOG_FILE={_directory["requests.log"]}");

        var address = await AgentProcess.WaitForAddressAsync(agent);

        using var client = new HttpClient();
        Assert.Contains("paths", await client.GetStringAsync(new Uri(address, "/openapi.json")), StringComparison.Ordinal);
        Assert.Equal(0, await agent.TerminateAsync());
    }
}
