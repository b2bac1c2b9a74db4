using System.Globalization;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>The agent, compared with the FastAPI program that the lesson uses in its place.</summary>
internal sealed class Inference : IBenchCase
{
    private const string FastApiProgram = "bench/cases/fastapi_agent.py";

    public string Name => "inference";

    public string Question => "How many inferences per second does the agent serve, compared with an equivalent FastAPI program?";

    public string Conditions =>
        $"""
        `POST /inference` with a text of four words over {InferenceLoad.Connections} kept-alive connections from one thread of `wrk`,
        for {InferenceLoad.Seconds} s after a warm-up of {InferenceLoad.WarmUpSeconds} s. Both write one line per request to a file,
        and count and time every request for Prometheus. The model costs almost nothing on both sides: the agent's built-in
        classifier, and a lookup of ten words in the FastAPI program. FastAPI is the distribution's, under `uvicorn` with one
        worker and without its access log (`{FastApiProgram}`). The load generator runs on the same cores.
        """;

    public IEnumerable<Requirement> Requirements =>
    [
        Requirement.ForPath("agent/Agent.csproj"), Requirement.ForPath(FastApiProgram), Requirement.ForProgram("wrk"),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var agent = await workspace.PublishProjectAsync("agent", cancellationToken);
        return
        [
            new Contender("agent", "as in its image, `LOG_FILE` set, defaults", token =>
                RunAsync(workspace, port => StartAgent(workspace, agent, port), token)),
            new Contender("FastAPI", "`uvicorn --workers 1`, default event loop and parser", token =>
                RunAsync(workspace, port => StartFastApi(workspace, port), token))
            {
                Requirements = [RequirePythonModules("fastapi", "uvicorn", "prometheus_client")],
            },
        ];
    }

    private static async Task<Measurement> RunAsync(
        Workspace workspace, Func<int, MeasuredProcess> start, CancellationToken cancellationToken)
    {
        var port = FreePort.FindUnused();
        await using var server = start(port);
        return await InferenceLoad.MeasureServerAsync(workspace, server, port, cancellationToken);
    }

    private static MeasuredProcess StartAgent(Workspace workspace, string agent, int port) => MeasuredProcess.Start(
        agent, [$"--Http:Port={port}", "--Management:Port=0", "--Listen:Address=localhost", $"--LOG_FILE={workspace["agent.log"]}"]);

    private static MeasuredProcess StartFastApi(Workspace workspace, int port) => MeasuredProcess.Start(
        "/usr/bin/python3",
        [
            "-m", "uvicorn", "fastapi_agent:app", "--app-dir", Repository.PathOf("bench/cases"), "--workers", "1",
            "--no-access-log", "--log-level", "warning", "--port", port.ToString(CultureInfo.InvariantCulture),
        ],
        new Dictionary<string, string?> { ["LOG_FILE"] = workspace["fastapi.log"], ["PYTHONDONTWRITEBYTECODE"] = "1" });

    private static Requirement RequirePythonModules(params string[] modules) => new(() =>
        modules.FirstOrDefault(module => !Directory.Exists($"/usr/lib/python3/dist-packages/{module}")) is { } missing
            ? $"Debian's python3-{missing.Replace('_', '-')} is not installed"
            : null);
}
