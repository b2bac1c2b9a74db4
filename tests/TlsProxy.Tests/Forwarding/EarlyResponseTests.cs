using System.Text;
using Microsoft.Extensions.Logging;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Forwarding;

/// <summary>Responses that are sent while the client still uploads, to a client that writes its complete body before it reads.</summary>
public sealed class EarlyResponseTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly RouteFile _routes = new();
    private readonly LogCapture _log = new();

    public static TheoryData<string, bool, int> Uploads
    {
        get
        {
            var uploads = new TheoryData<string, bool, int>();
            foreach (var size in new[] { 200_000, 1_000_000, 5_000_000, 20_000_000 })
            {
                uploads.Add("direct", true, size);
                uploads.Add("direct", false, size);
                uploads.Add("routes", false, size);
            }

            return uploads;
        }
    }

    public void Dispose()
    {
        _volume.Dispose();
        _routes.Dispose();
        _log.Dispose();
    }

    [Theory]
    [MemberData(nameof(Uploads))]
    public async Task Early_response_of_the_application_reaches_a_client_that_writes_first(string path, bool closes, int size)
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            do
            {
                await connection.RequestAsync();
                await connection.SendAsync(
                    $"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n{(closes ? "Connection: close\r\n" : "")}\r\nbig");
                if (!closes)
                {
                    await connection.DiscardAsync(size);
                }
            }
            while (!closes);
        });
        await using var proxy = await StartProxyAsync(path, upstream.Url);

        for (var i = 0; i < 5; i++)
        {
            var response = await UploadAsync(proxy, $"Content-Length: {size}\r\n", size);

            Assert.StartsWith("HTTP/1.1 413 ", response, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\nbig", response, StringComparison.Ordinal);
        }

        Assert.Empty(_log.ErrorsOf("Microsoft.AspNetCore.Server.Kestrel"));
    }

    [Theory]
    [InlineData("declared", 413)]
    [InlineData("chunked", 413)]
    [InlineData("unauthenticated", 401)]
    [InlineData("limited", 429)]
    public async Task Early_response_of_the_proxy_reaches_a_client_that_writes_first(string reason, int status)
    {
        const int size = 3_000_000;
        using var directory = new TemporaryDirectory();
        var keys = Path.Combine(directory.Path, "keys");
        await File.WriteAllTextAsync(keys, "name 0123456789-0123456789-0123456789\n");
        string[] arguments = reason switch
        {
            "unauthenticated" => [$"--Upstream:Metadata:ApiKey.File={keys}"],
            "limited" => ["--Upstream:Metadata:RateLimit.Requests=1", "--Upstream:Metadata:RateLimit.WindowSeconds=3600"],
            _ => ["--Limits:BodyBytes=100000"],
        };
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await StartProxyAsync("direct", upstream.Url, arguments);
        if (reason == "limited")
        {
            using var client = RunningProxy.Client();
            await client.GetStringAsync(proxy.Url);
        }

        for (var i = 0; i < 5; i++)
        {
            var response = reason == "chunked"
                ? await UploadAsync(proxy, "Transfer-Encoding: chunked\r\n", size, $"{size:x}\r\n", "\r\n0\r\n\r\n")
                : await UploadAsync(proxy, $"Content-Length: {size}\r\n", size);

            Assert.StartsWith($"HTTP/1.1 {status} ", response, StringComparison.Ordinal);
            Assert.EndsWith("}", response, StringComparison.Ordinal);
        }

        Assert.Empty(_log.ErrorsOf("Microsoft.AspNetCore.Server.Kestrel"));
    }

    [Fact]
    public async Task Client_that_stalls_after_an_early_response_is_disconnected()
    {
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        await using var proxy = await StartProxyAsync("direct", upstream.Url, "--Limits:MinimumBytesPerSecond=0");
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegun"u8.ToArray());

        Assert.EndsWith("\r\n\r\nno", await Raw.ReadToEndAsync(stream).WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_serves_another_request_after_a_drained_upload()
    {
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", closes: true);
        await using var proxy = await StartProxyAsync("direct", upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n{new string('x', 300_000)}"
            + "GET /next HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));

        var responses = await Raw.ReadToEndAsync(stream);
        Assert.Equal(3, responses.Split("HTTP/1.1 403 ").Length);
        Assert.Contains(upstream.Requests, request => request.StartsWith("GET /next ", StringComparison.Ordinal));
    }

    private static async Task<string> UploadAsync(RunningProxy proxy, string framing, int size, string before = "", string after = "")
    {
        await using var stream = await proxy.ConnectTlsAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /u HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n{before}"));
        var piece = new byte[50_000];
        for (var left = size; left > 0; left -= piece.Length)
        {
            await stream.WriteAsync(piece.AsMemory(0, Math.Min(left, piece.Length)));
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(after));
        var response = new StringBuilder();
        var buffer = new byte[4096];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!IsCompleteResponse(response.ToString()) && await stream.ReadAsync(buffer, deadline.Token) is > 0 and var read)
        {
            response.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return response.ToString();
    }

    /// <summary>The bodies of these tests end with the only bracket, or with the word of the application.</summary>
    private static bool IsCompleteResponse(string response) =>
        response.EndsWith("\r\n\r\nbig", StringComparison.Ordinal) || response.EndsWith('}');

    private Task<RunningProxy> StartProxyAsync(string path, Uri application, params string[] arguments)
    {
        if (path == "routes")
        {
            _routes.Write(metadata: null, ("app", [application]));
            arguments = [.. arguments, _routes.Argument];
        }

        return RunningProxy.StartAsync(_volume.Path, application, arguments, builder => builder.Logging.AddProvider(_log));
    }
}
