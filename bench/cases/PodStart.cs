using System.Globalization;
using System.Net;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>How long the Pod with all sidecars takes to be ready, and what it occupies when idle.</summary>
internal sealed class PodStart : IBenchCase
{
    private const string Manifest = "k8s/labs/agent-with-all-sidecars.yaml";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <summary>Time for start-up work to end, after which memory is called idle.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private static readonly Metric Ready = new("all ready", "s");
    private static readonly Metric Shipped = new("answer to shipped line, slowest of 20", "s");
    private static readonly Metric FloorIdle = new("idle memory of the four", "bytes");

    private static readonly Container[] Containers =
    [
        new("logging-sidecar", "LogTailer", 8002),
        new("metrics-sidecar", "MetricsRelay", 9090),
        new("tls-proxy", "TlsProxy", 8003),
        new("agent", "Agent", 8001),
    ];

    public string Name => "pod-start";

    public string Question => "How long from `dotnet run --project lab` until every container of the Pod is ready, and what do they occupy when idle?";

    public string Conditions =>
        $"""
        {Manifest}, already built in Debug as the README's first command leaves it. The clock runs from the start of the command until
        `/readyz` of the container answers 200; sidecars start one after the other, as in a cluster. Memory is VmRSS {Settling.TotalSeconds:0} s
        after all are ready, without any request having been sent; then 20 requests go one by one through the TLS proxy, and the clock
        runs from each answer until the lab has printed the line that logging-sidecar shipped (looked for each 5 ms). There is no peer: the floor is four processes of an
        ASP.NET Core application that does nothing, started one after the other, each when the one before answers, without a
        Pod runner. What the Pod takes beyond it is the work of the lab (parsing, probes) and of the containers.
        """;

    public IEnumerable<Need> Needs(Repository repository) =>
    [
        Need.Path(repository, Manifest),
        Need.FreePorts(8000, 8001, 8002, 8003, 8080, 8443, 8888, 9090),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        // Once as a user would, so that everything is built; it is not measured.
        await RunPodAsync(workspace, cancellationToken);
        return
        [
            new Contender("the Pod", $"`dotnet run --project lab`, the Pod of `{Manifest}`: four containers", token => RunPodAsync(workspace, token)),
            new Contender("the floor", "four times `dotnet Bench.dll floor PORT`, an empty application, Release", RunFloorAsync),
        ];
    }

    private static async Task<Measurement> RunPodAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        await using var lab = ChildProcess.Start("dotnet", ["run", "--project", workspace.Repository["lab"], "--", workspace.Repository[Manifest]]);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var ready = await Task.WhenAll(Containers.Select(container => lab.UntilAsync(
            () => IsReadyAsync(client, container.Port, cancellationToken), $"{container.Name} is ready", Deadline, cancellationToken)));
        var measurement = new Measurement { [Ready] = ready.Max().TotalSeconds };
        foreach (var (container, time) in Containers.Zip(ready))
        {
            measurement[new Metric($"{container.Name} ready", "s")] = time.TotalSeconds;
        }

        await Task.Delay(Settling, cancellationToken);
        measurement[Metric.Cpu] = lab.Usage.CpuSeconds;
        var total = 0L;
        foreach (var container in Containers)
        {
            var resident = ProcessAccounting.Tree(lab.Id)
                .Where(id => ProcessAccounting.CommandLine(id).Any(argument => Path.GetFileNameWithoutExtension(argument) == container.Assembly))
                .Select(id => ProcessAccounting.Memory(id).Resident)
                .DefaultIfEmpty()
                .Max();
            total += resident;
            measurement[new Metric($"{container.Name} idle memory", "bytes")] = resident;
        }

        measurement[FloorIdle] = total;
        measurement[Shipped] = await SlowestShippingAsync(lab, cancellationToken);
        return measurement;
    }

    /// <summary>Requests one at a time over HTTPS: from the answer until the lab has printed the line that logging-sidecar shipped.</summary>
    private static async Task<double> SlowestShippingAsync(ChildProcess lab, CancellationToken cancellationToken)
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var client = new HttpClient(handler);
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < 20; i++)
        {
            using var answer = await client.PostAsJsonAsync(new Uri("https://localhost:8443/inference"), new { text = "what a lovely day" }, cancellationToken);
            var answered = lab.Age;
            var id = answer.EnsureSuccessStatusCode().Headers.GetValues("X-Request-Id").Single();
            var shipped = await lab.UntilAsync(
                () => Task.FromResult(lab.Lines.Any(line => line.StartsWith("logging-sidecar ", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal))),
                $"the line of {id} is shipped",
                Deadline,
                cancellationToken);
            slowest = shipped - answered > slowest ? shipped - answered : slowest;
        }

        return slowest.TotalSeconds;
    }

    private static async Task<Measurement> RunFloorAsync(CancellationToken cancellationToken)
    {
        var processes = new List<ChildProcess>();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            var ready = TimeSpan.Zero;
            foreach (var _ in Containers)
            {
                var port = FreePort.Take();
                var process = ChildProcess.Start(
                    "dotnet", [Path.Combine(AppContext.BaseDirectory, "Bench.dll"), "floor", port.ToString(CultureInfo.InvariantCulture)]);
                processes.Add(process);
                ready += await process.UntilAsync(() => IsReadyAsync(client, port, cancellationToken), "it answers", Deadline, cancellationToken);
            }

            await Task.Delay(Settling, cancellationToken);
            return new Measurement
            {
                [Ready] = ready.TotalSeconds,
                [Metric.Cpu] = processes.Sum(process => process.Usage.CpuSeconds),
                [FloorIdle] = processes.Sum(process => process.Usage.ResidentBytes),
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
            using var answer = await client.GetAsync(new Uri($"http://localhost:{port}/readyz"), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>A container of the manifest.</summary>
    private sealed record Container(string Name, string Assembly, int Port);
}
