using System.Net.Sockets;
using Lab.Containers;
using Lab.Objects;

namespace Lab.Probes;

/// <summary>Looks at a container the ways that the kubelet does, and runs its hooks. The Pod's address is the loopback one.</summary>
internal sealed class Prober(IPodSandbox sandbox) : IDisposable
{
    private const string PodAddress = "127.0.0.1";

    private readonly HttpProbe _http = new();
    private readonly GrpcProbe _grpc = new();

    public async Task<ProbeResult> ProbeAsync(Container container, Probe probe, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(probe.TimeoutSeconds);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return probe switch
            {
                { HttpGet: { } http } => await _http.GetAsync(http, Port(container, http.Port), PodAddress, limit.Token),
                { TcpSocket: { } tcp } => await ConnectAsync(tcp.Host ?? PodAddress, Port(container, tcp.Port), limit.Token),
                { Grpc: { } grpc } => await _grpc.CheckAsync(grpc, PodAddress, limit.Token),
                { Exec: { } exec } => await ExecAsync(container, exec, limit.Token),
                _ => ProbeResult.Failure("no handler"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeResult.Failure(probe.Exec is { } exec
                ? $"command timed out: \"{string.Join(' ', exec.Command)}\" timed out after {probe.TimeoutSeconds}s"
                : $"{probe.Describe(container)}: no answer within {probe.TimeoutSeconds}s");
        }
    }

    /// <summary>Runs a hook to its end. Only its container's end or the end of grace cuts it short.</summary>
    public async Task<ProbeResult> RunHookAsync(Container container, LifecycleHandler handler, CancellationToken cancellationToken)
    {
        switch (handler)
        {
            case { Exec: { } exec }:
                return await ExecAsync(container, exec, cancellationToken);
            case { HttpGet: { } http }:
                return await _http.GetAsync(http, Port(container, http.Port), PodAddress, cancellationToken);
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

    private static int Port(Container container, IntOrString port) => container.FindPort(port) ?? 0;

    private static async Task<ProbeResult> ConnectAsync(string host, int port, CancellationToken cancellationToken)
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

    private async Task<ProbeResult> ExecAsync(Container container, ExecAction exec, CancellationToken cancellationToken)
    {
        var result = await sandbox.ExecAsync(container, exec.Command, cancellationToken);
        return result.ExitCode == 0 ? ProbeResult.Ok : ProbeResult.Failure(result.Output);
    }
}
