using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace TlsProxy.Tests.Grpc;

/// <summary>A server process of <c>grpc_peer.py</c>, and the client of the same program.</summary>
internal sealed class GrpcPeer : IAsyncDisposable
{
    public const string SkipReason = "requires Debian's package python3-grpcio";

    private const string Python = "/usr/bin/python3";

    private static readonly string Program = Repository.PathOf("tests/TlsProxy.Tests/Grpc/grpc_peer.py");

    private readonly ChildProcess _process;

    private GrpcPeer(ChildProcess process, int port) => (_process, Port) = (process, port);

    /// <summary>Whether grpcio is installed.</summary>
    public static bool IsAvailable { get; } = CanImport();

    public int Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <param name="verb"><c>serve</c> for gRPC, <c>serve-http1</c> for the same methods over HTTP/1.1.</param>
    public static async Task<GrpcPeer> StartServerAsync(string verb)
    {
        var process = ChildProcess.Start(Python, [Program, verb]);
        await Eventually.AssertAsync(() => Task.FromResult(process.OutputCount > 0), "the gRPC server prints its port");
        return new GrpcPeer(process, int.Parse(process.Output[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Makes the calls of some parts of the program.</summary>
    /// <param name="parts">Names of parts, separated by commas.</param>
    /// <param name="port">The port of the server or of the proxy.</param>
    /// <param name="authorityFile">The certificate authority of the proxy; null for a call without TLS.</param>
    /// <returns>What the client saw, by the name of the call.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> CallAsync(string parts, int port, string? authorityFile = null)
    {
        string[] arguments = [Program, "call", parts, port.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo(Python, authorityFile is null ? arguments : [.. arguments, authorityFile])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        var outcomes = new Dictionary<string, string>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(line);
            outcomes.Add(document.RootElement[0].GetString()!, document.RootElement[1].GetRawText());
        }

        return outcomes;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static bool CanImport()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", "import grpc"]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
