using System.Globalization;
using System.Net;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>The time until the Pod with all sidecars is ready, and its idle memory.</summary>
internal sealed class PodStart : IBenchCase
{
    private const string Manifest = "k8s/labs/agent-with-all-sidecars.yaml";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <summary>The time after which start-up work has finished and memory counts as idle.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

    private static readonly Metric AllReady = new("all ready", "s");
    private static readonly Metric ShippingTime = new("response to shipped line, slowest of 20", "s");
    private static readonly Metric TotalIdleMemory = new("idle memory of the four", "bytes");

    private static readonly Container[] Containers =
    [
        new("logging-sidecar", "LogTailer", 8002),
        new("metrics-sidecar", "MetricsRelay", 9090),
        new("tls-proxy", "TlsProxy", 8003),
        new("agent", "Agent", 8001),
    ];

    public string Name => "pod-start";

    public string Question =>
        "How long does `dotnet run --project lab` take until every container is ready, and how much memory do they use when idle?";

    public string Conditions =>
        $"""
        {Manifest}, already built in Debug, as after the README's first command. Time is measured from the start of the command
        until `/readyz` of the container returns 200; sidecars start one after the other, as in a cluster. Memory is VmRSS
        {SettlingTime.TotalSeconds:0} s after all are ready, before the first request. Then 20 requests are sent one by one
        through the TLS proxy, and the time is measured from each response until the lab has printed the line that logging-sidecar
        shipped (checked every 5 ms). There is no peer. The floor is four processes of an empty ASP.NET Core application, started
        one after the other, each as soon as the previous one responds, without a Pod runner. The difference is the work of the
        lab (parsing, probes) and of the containers.
        """;

    public IEnumerable<Requirement> Requirements =>
    [
        Requirement.ForPath(Manifest),
        Requirement.ForFreePorts(8000, 8001, 8002, 8003, 8080, 8443, 8888, 9090),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        // An unmeasured run, so that everything is built.
        await RunPodAsync(cancellationToken);
        return
        [
            new Contender("the Pod", $"`dotnet run --project lab`, the Pod of `{Manifest}`: four containers", RunPodAsync),
            new Contender("the floor", "four times `dotnet Bench.dll floor PORT`, an empty application, Release", RunFloorAsync),
        ];
    }

    private static async Task<Measurement> RunPodAsync(CancellationToken cancellationToken)
    {
        await using var lab = MeasuredProcess.Start(
            "dotnet", ["run", "--project", Repository.PathOf("lab"), "--", Repository.PathOf(Manifest)]);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var ready = await Task.WhenAll(Containers.Select(container => lab.WaitUntilAsync(
            () => IsReadyAsync(client, container.Port, cancellationToken), $"{container.Name} is ready", Deadline, cancellationToken)));
        var measurement = new Measurement { [AllReady] = ready.Max().TotalSeconds };
        foreach (var (container, time) in Containers.Zip(ready))
        {
            measurement[new Metric($"{container.Name} ready", "s")] = time.TotalSeconds;
        }

        await Task.Delay(SettlingTime, cancellationToken);
        measurement[Metric.Cpu] = lab.Usage.CpuSeconds;
        foreach (var container in Containers)
        {
            measurement[new Metric($"{container.Name} idle memory", "bytes")] = ReadContainerMemory(lab, container);
        }

        measurement[TotalIdleMemory] = Containers.Sum(container => ReadContainerMemory(lab, container));
        measurement[ShippingTime] = await MeasureSlowestShippingAsync(lab, cancellationToken);
        return measurement;
    }

    private static long ReadContainerMemory(MeasuredProcess lab, Container container) => ProcessAccounting.FindTree(lab.Id)
        .Where(id => ProcessAccounting.ReadCommandLine(id).Select(Path.GetFileNameWithoutExtension).Contains(container.Assembly))
        .Select(id => ProcessAccounting.ReadMemory(id).Resident)
        .DefaultIfEmpty()
        .Max();

    /// <summary>Sends requests one at a time over HTTPS, and measures from each response until its log line is printed.</summary>
    private static async Task<double> MeasureSlowestShippingAsync(MeasuredProcess lab, CancellationToken cancellationToken)
    {
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        };
        using var client = new HttpClient(handler);
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < 20; i++)
        {
            using var response = await client.PostAsJsonAsync(
                new Uri("https://localhost:8443/inference"), new { text = "what a lovely day" }, cancellationToken);
            var responded = lab.Age;
            var id = response.EnsureSuccessStatusCode().Headers.GetValues("X-Request-Id").Single();
            bool IsShippedLine(string line) =>
                line.StartsWith("logging-sidecar ", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal);
            var shipped = await lab.WaitUntilAsync(
                () => Task.FromResult(lab.Lines.Any(IsShippedLine)), $"the line of {id} is shipped", Deadline, cancellationToken);
            slowest = shipped - responded > slowest ? shipped - responded : slowest;
        }

        return slowest.TotalSeconds;
    }

    private static async Task<Measurement> RunFloorAsync(CancellationToken cancellationToken)
    {
        var processes = new List<MeasuredProcess>();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            var ready = TimeSpan.Zero;
            foreach (var _ in Containers)
            {
                var port = FreePort.FindUnused();
                var process = MeasuredProcess.Start(
                    "dotnet", [typeof(EmptyApplication).Assembly.Location, "floor", port.ToString(CultureInfo.InvariantCulture)]);
                processes.Add(process);
                ready += await process.WaitUntilAsync(
                    () => IsReadyAsync(client, port, cancellationToken), "it responds", Deadline, cancellationToken);
            }

            await Task.Delay(SettlingTime, cancellationToken);
            return new Measurement
            {
                [AllReady] = ready.TotalSeconds,
                [Metric.Cpu] = processes.Sum(process => process.Usage.CpuSeconds),
                [TotalIdleMemory] = processes.Sum(process => process.Usage.ResidentBytes),
            };
        }
        finally
        {
            foreach (var process in processes)
            {
                await process.DisposeAsync();
            }
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, int port, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(new Uri($"http://localhost:{port}/readyz"), cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>A container of the manifest.</summary>
    private sealed record Container(string Name, string Assembly, int Port);
}
