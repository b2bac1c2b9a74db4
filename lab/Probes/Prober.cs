using System.Net.Sockets;
using Lab.Containers;
using Lab.Objects;

namespace Lab.Probes;

/// <summary>Runs probes and hooks of containers as the kubelet does. The Pod's address is the loopback address.</summary>
internal sealed class Prober(IPodSandbox sandbox) : IDisposable
{
    private const string PodAddress = "127.0.0.1";

    private readonly HttpProbe _http = new();
    private readonly GrpcProbe _grpc = new();

    public async Task<ProbeResult> RunProbeAsync(Container container, Probe probe, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(probe.TimeoutSeconds);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return probe switch
            {
                { HttpGet: { } http } => await _http.SendProbeAsync(http, ResolvePort(container, http.Port), PodAddress, limit.Token),
                { TcpSocket: { } tcp } => await ConnectTcpAsync(tcp.Host ?? PodAddress, ResolvePort(container, tcp.Port), limit.Token),
                { Grpc: { } grpc } => await _grpc.CheckHealthAsync(grpc, PodAddress, limit.Token),
                { Exec: { } exec } => await RunCommandAsync(container, exec, limit.Token),
                _ => ProbeResult.Failure("no handler"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeResult.Failure(probe.Exec is { } exec
                ? $"command timed out: \"{string.Join(' ', exec.Command)}\" timed out after {probe.TimeoutSeconds}s"
                : $"{probe.DescribeProbe(container)}: no response within {probe.TimeoutSeconds}s");
        }
    }

    /// <summary>Runs a hook until it finishes, or until its container exits.</summary>
    public async Task<ProbeResult> RunHookAsync(Container container, LifecycleHandler handler, CancellationToken cancellationToken)
    {
        switch (handler)
        {
            case { Exec: { } exec }:
                return await RunCommandAsync(container, exec, cancellationToken);
            case { HttpGet: { } http }:
                return await _http.SendProbeAsync(http, ResolvePort(container, http.Port), PodAddress, cancellationToken);
            case { Sleep: { } sleep }:
                await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds), cancellationToken);
                return ProbeResult.Ok;
            default:
                return ProbeResult.Failure("no handler");
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _grpc.Dispose();
    }

    private static int ResolvePort(Container container, IntOrString port) => container.FindPort(port) ?? 0;

    private static async Task<ProbeResult> ConnectTcpAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, cancellationToken);
            return ProbeResult.Ok;
        }
        catch (SocketException exception)
        {
            return ProbeResult.Failure($"dial tcp {host}:{port}: {exception.Message}");
        }
    }

    private async Task<ProbeResult> RunCommandAsync(Container container, ExecAction exec, CancellationToken cancellationToken)
    {
        var result = await sandbox.RunCommandAsync(container, exec.Command, cancellationToken);
        return result.ExitCode == 0 ? ProbeResult.Ok : ProbeResult.Failure(result.Output);
    }
}
