using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Listeners;

/// <summary>Third-party clients. <c>openssl s_client</c> is in <see cref="TlsTests"/>; all other tests use .NET's client.</summary>
public sealed class ForeignClientTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(
        new Dictionary<string, string>(Authority.IssueCertificate().SecretFiles) { ["ca.crt"] = Authority.BundlePem });

    public void Dispose() => _volume.Dispose();

    [RequiresFact("curl")]
    public async Task Curl_verifies_the_chain_and_uses_both_HTTP_versions()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);

        foreach (var version in new[] { "--http1.1", "--http2" })
        {
            var output = await RunAsync("curl", $"--silent --show-error --fail --cacert {_volume.Path}/ca.crt {version} --write-out %{{http_version}} https://localhost:{proxy.Port}/");
            Assert.Equal("hello" + (version == "--http2" ? "2" : "1.1"), output.Trim());
        }
    }

    [RequiresFact("h2load")]
    public async Task H2load_has_no_failed_request_with_either_HTTP_version()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);

        foreach (var version in new[] { "--h1", "" })
        {
            var output = await RunAsync(
                "h2load", $"{version} -n2000 -c8 {(version.Length == 0 ? "-m10" : "")} https://localhost:{proxy.Port}/");
            Assert.Contains("2000 succeeded, 0 failed, 0 errored, 0 timeout", output, StringComparison.Ordinal);
            Assert.Contains("2000 2xx", output, StringComparison.Ordinal);
        }
    }

    [RequiresFact("nghttp")]
    public async Task Nghttp_receives_several_streams_of_one_connection()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);

        var output = await RunAsync("nghttp", $"--stat --multiply=5 https://localhost:{proxy.Port}/");

        Assert.Equal(5, output.Split("hello").Length - 1);
    }

    [RequiresFact("python3")]
    public async Task Python_verifies_the_chain_and_reuses_its_connection()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("hello"));
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, $"""
            import http.client, ssl
            context = ssl.create_default_context(cafile="{_volume.Path}/ca.crt")
            connection = http.client.HTTPSConnection("localhost", {proxy.Port}, context=context)
            for _ in range(3):
                connection.request("GET", "/")
                print(connection.getresponse().read().decode(), connection.sock.version())
            """);

        Assert.Equal("hello TLSv1.3\nhello TLSv1.3\nhello TLSv1.3\n", await RunAsync("python3", script));
    }

    private static async Task<string> RunAsync(string program, string arguments)
    {
        using var process = ChildProcess.StartProcess(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(deadline.Token);
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {await error}");
        return await output;
    }
}
