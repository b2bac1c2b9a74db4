using System.Text.Json.Nodes;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>The cost of the request log and the metrics for the agent.</summary>
internal sealed class RequestLog : IBenchCase
{
    private const string MeterSwitch = "System.Diagnostics.Metrics.Meter.IsSupported";

    public string Name => "request-log";

    public string Question => "By how much do the request log and the metrics reduce the agent's requests per second?";

    public string Conditions =>
        $"""
        The same load as in the case `inference`: {InferenceLoad.Connections} connections, {InferenceLoad.Seconds} s after a
        warm-up of {InferenceLoad.WarmUpSeconds} s.
        On: `LOG_FILE` is set, and all metrics are enabled, as by default. Off: no `LOG_FILE`, and .NET's own switch
        `{MeterSwitch}=false`, which disables every meter of the process, including those of the
        framework. Everything else is equal. The load generator runs on the same cores.
        """;

    public int Pairs => 7;

    public IEnumerable<Requirement> Requirements => [Requirement.ForPath("agent/Agent.csproj"), Requirement.ForProgram("wrk")];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var agent = await workspace.PublishProjectAsync("agent", cancellationToken);
        var agentWithoutMeters = await CopyWithoutMetersAsync(agent, workspace["agent-off"], cancellationToken);
        return
        [
            new Contender("on", "`LOG_FILE` set, metrics on", token => RunAsync(workspace, agent, workspace["requests.log"], token)),
            new Contender("off", "no `LOG_FILE`, meters off", token => RunAsync(workspace, agentWithoutMeters, "", token)),
        ];
    }

    /// <summary>Copies the program and turns the meters off in the copy's runtime configuration.</summary>
    private static async Task<string> CopyWithoutMetersAsync(string agent, string directory, CancellationToken cancellationToken)
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

    private static async Task<Measurement> RunAsync(Workspace workspace, string agent, string logFile, CancellationToken cancellationToken)
    {
        var port = FreePort.FindUnused();
        await using var server = MeasuredProcess.Start(
            agent, [$"--Http:Port={port}", "--Management:Port=0", "--Listen:Address=localhost", $"--LOG_FILE={logFile}"]);
        return await InferenceLoad.MeasureServerAsync(workspace, server, port, cancellationToken);
    }
}
