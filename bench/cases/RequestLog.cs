using System.Text.Json.Nodes;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>What the request log and the metrics cost the agent.</summary>
internal sealed class RequestLog : IBenchCase
{
    private const string MeterSwitch = "System.Diagnostics.Metrics.Meter.IsSupported";

    public string Name => "request-log";

    public string Question => "What do the request log and the metrics take from the agent's requests a second?";

    public string Conditions =>
        $"""
        The same load as in the case `inference`: {InferenceLoad.Connections} connections, {InferenceLoad.Seconds} s after {InferenceLoad.WarmUpSeconds} s that do not count. On: `LOG_FILE` is set,
        every metric is measured, as by default. Off: no `LOG_FILE`, and .NET's own switch `{MeterSwitch}=false`, so
        that no meter of the process, the framework's included, measures anything. The rest is equal. The load generator has a
        share of the same cores.
        """;

    public int Pairs => 7;

    public IEnumerable<Need> Needs(Repository repository) => [Need.Path(repository, "agent/Agent.csproj"), Need.Program("wrk")];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var agent = await workspace.PublishAsync("agent", cancellationToken);
        var unmetered = await WithoutMetersAsync(agent, workspace["agent-off"], cancellationToken);
        return
        [
            new Contender("on", "`LOG_FILE` set, metrics on", token => RunAsync(workspace, agent, workspace["requests.log"], token)),
            new Contender("off", "no `LOG_FILE`, meters off", token => RunAsync(workspace, unmetered, "", token)),
        ];
    }

    /// <summary>The same program once more, with the switch in its runtime configuration.</summary>
    private static async Task<string> WithoutMetersAsync(string agent, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(agent)!))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        var program = Path.Combine(directory, Path.GetFileName(agent));
        var configuration = program + ".runtimeconfig.json";
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(configuration, cancellationToken))!;
        settings["runtimeOptions"]!["configProperties"]![MeterSwitch] = false;
        await File.WriteAllTextAsync(configuration, settings.ToJsonString(), cancellationToken);
        return program;
    }

    private static async Task<Measurement> RunAsync(
        Workspace workspace, string agent, string logFile, CancellationToken cancellationToken)
    {
        var port = FreePort.Take();
        await using var server = ChildProcess.Start(
            agent,
            [
                $"--Http:Port={port}", "--Management:Port=0", "--Listen:Address=localhost", $"--LOG_FILE={logFile}",
            ]);
        return await InferenceLoad.RunAsync(workspace, server, port, cancellationToken);
    }
}
