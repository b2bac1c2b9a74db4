using System.Globalization;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>The agent beside the program that the lesson's Pod has in its place.</summary>
internal sealed class Inference : IBenchCase
{
    private const string Program = "bench/cases/fastapi_agent.py";

    public string Name => "inference";

    public string Question => "How many inferences a second does the agent answer beside a FastAPI program that does the same?";

    public string Conditions =>
        $"""
        `POST /inference` with a text of four words over {InferenceLoad.Connections} kept-alive connections from one thread of `wrk`, {InferenceLoad.Seconds} s after {InferenceLoad.WarmUpSeconds} s that
        do not count. Both write a line a request to a file and count and time every request for Prometheus. The model is
        next to nothing on both sides: the agent's built-in classifier here, a look for ten words there. FastAPI is the
        distribution's, under `uvicorn` with one worker and without its access log (`{Program}`). The load generator has a share of
        the same cores.
        """;

    public IEnumerable<Need> Needs(Repository repository) =>
    [
        Need.Path(repository, "agent/Agent.csproj"), Need.Path(repository, Program), Need.Program("wrk"),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var agent = await workspace.PublishAsync("agent", cancellationToken);
        return
        [
            new Contender("agent", "as its image has it, `LOG_FILE` set, defaults", token => RunAsync(workspace, port => ChildProcess.Start(
                agent,
                [
                    $"--Http:Port={port}", "--Management:Port=0", "--Listen:Address=localhost", $"--LOG_FILE={workspace["agent.log"]}",
                ]), token)),
            new Contender("FastAPI", "`uvicorn --workers 1`, its defaults for loop and parser", token => RunAsync(workspace, port => ChildProcess.Start(
                "/usr/bin/python3",
                [
                    "-m", "uvicorn", "fastapi_agent:app", "--app-dir", workspace.Repository["bench/cases"], "--workers", "1",
                    "--no-access-log", "--log-level", "warning", "--port", port.ToString(CultureInfo.InvariantCulture),
                ],
                new Dictionary<string, string> { ["LOG_FILE"] = workspace["fastapi.log"], ["PYTHONDONTWRITEBYTECODE"] = "1" }), token))
                with { Needs = [PythonModules("fastapi", "uvicorn", "prometheus_client")] },
        ];
    }

    private static async Task<Measurement> RunAsync(Workspace workspace, Func<int, ChildProcess> start, CancellationToken cancellationToken)
    {
        var port = FreePort.Take();
        await using var server = start(port);
        return await InferenceLoad.RunAsync(workspace, server, port, cancellationToken);
    }

    private static Need PythonModules(params string[] modules) => new(() =>
        modules.FirstOrDefault(module => !Directory.Exists($"/usr/lib/python3/dist-packages/{module}")) is { } missing
            ? $"Debian's python3-{missing.Replace('_', '-')} is not installed"
            : null);
}
