using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Grpc;

/// <summary>Calls of grpcio through the proxy have the same outcome as direct calls.</summary>
public sealed class GrpcTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly RouteFile _routes = new();
    private readonly string _authorityFile = Path.GetTempFileName();

    public GrpcTests() => File.WriteAllText(_authorityFile, Authority.BundlePem);

    public void Dispose()
    {
        _volume.Dispose();
        _routes.Dispose();
        File.Delete(_authorityFile);
    }

    [GrpcTheory]
    [InlineData("h2c")]
    [InlineData("routes")]
    [InlineData("http1")]
    public async Task Every_status_and_message_of_every_kind_of_call_is_as_direct(string path)
    {
        await using var server = await GrpcPeer.StartServerAsync("serve");
        await using var application = path == "http1" ? await GrpcPeer.StartServerAsync("serve-http1") : null;
        await using var proxy = await StartProxyAsync(path, (application ?? server).Url);

        var (direct, proxied) = await CallBothAsync("statuses", server, proxy);

        const int codes = 17;
        Assert.Equal((2 + 2 + 3 + 3) * 3 * codes, direct.Count);
        AssertSameOutcomes(direct, proxied);
    }

    [GrpcTheory]
    [InlineData("h2c")]
    [InlineData("routes")]
    public async Task Messages_deadlines_and_cancellations_are_as_direct(string path)
    {
        await using var server = await GrpcPeer.StartServerAsync("serve");
        await using var proxy = await StartProxyAsync(path, server.Url);

        var (direct, proxied) = await CallBothAsync("messages,conversation,interruptions", server, proxy);

        AssertSameOutcomes(direct, proxied);
    }

    [GrpcTheory]
    [InlineData("http1")]
    public async Task Large_and_many_messages_over_an_HTTP_1_upstream_are_as_direct(string path)
    {
        await using var server = await GrpcPeer.StartServerAsync("serve");
        await using var application = await GrpcPeer.StartServerAsync("serve-http1");
        await using var proxy = await StartProxyAsync(path, application.Url);

        var (direct, proxied) = await CallBothAsync("messages", server, proxy);

        AssertSameOutcomes(direct, proxied);
    }

    private static void AssertSameOutcomes(IReadOnlyDictionary<string, string> direct, IReadOnlyDictionary<string, string> proxied)
    {
        var differences = direct
            .Where(call => proxied.GetValueOrDefault(call.Key) != call.Value)
            .Select(call => $"{call.Key}\n  direct  {call.Value}\n  proxied {proxied.GetValueOrDefault(call.Key)}")
            .ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} of {direct.Count} differ:\n{string.Join('\n', differences.Take(10))}");
    }

    private async Task<(IReadOnlyDictionary<string, string> Direct, IReadOnlyDictionary<string, string> Proxied)> CallBothAsync(
        string parts, GrpcPeer server, RunningProxy proxy)
    {
        var direct = await GrpcPeer.CallAsync(parts, server.Port);
        var proxied = await GrpcPeer.CallAsync(parts, proxy.Port, _authorityFile);
        return (direct, proxied);
    }

    private Task<RunningProxy> StartProxyAsync(string path, Uri application)
    {
        if (path != "routes")
        {
            return RunningProxy.StartAsync(_volume.Path, application, [$"--Upstream:Protocol={path}", "--Limits:BodyBytes=100000000"]);
        }

        _routes.Write(metadata: null, ("app", [application]));
        return _routes.StartAsync(
            _volume.Path,
            "--Limits:BodyBytes=100000000",
            "--ReverseProxy:Clusters:app:HttpRequest:Version=2",
            "--ReverseProxy:Clusters:app:HttpRequest:VersionPolicy=RequestVersionExact");
    }
}
