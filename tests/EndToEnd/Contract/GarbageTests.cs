using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace EndToEnd;

/// <summary>Malformed and excessive input: every port rejects it, no process exits, and none grows without bound.</summary>
[Collection(OnePodAtATime.Name)]
public sealed partial class GarbageTests(PodFixture fixture, ITestOutputHelper output) : IClassFixture<PodFixture>
{
    private const long MemoryLimitMegabytes = 300;

    private readonly IPod _pod = fixture.Pod;

    public static TheoryData<int> PlainPorts => [8000, 8001, 8002, 8003, 8080, 9090];

    public static TheoryData<int> AllPorts => [8000, 8001, 8002, 8003, 8080, 8443, 9090];

    [PodTheory]
    [MemberData(nameof(AllPorts))]
    public Task Random_bytes_are_rejected_and_the_port_serves_the_next_request(int port) => AssertUnharmedAsync(async () =>
    {
        var random = RandomSource.Create(output);
        for (var i = 0; i < 20; i++)
        {
            var noise = new byte[random.Next(1, 8192)];
            random.NextBytes(noise);
            var response = await SendBytesAsync(port, noise);

            // 505: random bytes can happen to parse as a request with an unsupported HTTP version.
            Assert.True(
                port == 8443 || response.Length == 0 || RejectionPattern().IsMatch(response),
                $"TEST_SEED={random.Seed}, request {i}: {response}");
        }
    });

    [PodFact]
    public Task Plain_HTTP_on_the_TLS_port_is_rejected() => AssertUnharmedAsync(async () =>
    {
        const char TlsAlert = (char)0x15;
        var response = await SendBytesAsync(8443, Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        Assert.True(
            response.Length == 0 || response.StartsWith("HTTP/1.1 400", StringComparison.Ordinal) || response[0] == TlsAlert, response);
    });

    [PodTheory]
    [MemberData(nameof(PlainPorts))]
    public Task TLS_handshake_on_a_plain_HTTP_port_is_rejected(int port) => AssertUnharmedAsync(async () =>
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsClientAsync("localhost").WaitAsync(Eventually.Deadline));
    });

    [PodTheory]
    [MemberData(nameof(PlainPorts))]
    public Task Request_with_ten_thousand_headers_is_rejected(int port) => AssertUnharmedAsync(async () =>
    {
        var headers = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-Header-{i}: value\r\n"));
        var response = await SendBytesAsync(port, Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
        Assert.True(response.Length == 0 || RejectionPattern().IsMatch(response), response);
    });

    [PodTheory]
    [InlineData("https://localhost:8443/inference")]
    [InlineData("http://localhost:8000/inference")]
    [InlineData("http://localhost:8001/-/reload")]
    public Task Body_of_a_hundred_megabytes_is_rejected(string address) => AssertUnharmedAsync(async () =>
    {
        using var client = PodClient.Create();
        client.DefaultRequestHeaders.ExpectContinue = true;
        using var body = new StreamContent(new ZeroStream(100L << 20));
        body.Headers.ContentType = new("application/json");
        try
        {
            using var response = await client.PostAsync(new Uri(address), body);
            // A reload does not read its body, so it may succeed before the body is sent.
            var isReload = address.EndsWith("reload", StringComparison.Ordinal);
            Assert.True(
                response.StatusCode is HttpStatusCode.RequestEntityTooLarge || (isReload && response.IsSuccessStatusCode),
                response.StatusCode.ToString());
        }
        catch (HttpRequestException exception) when (exception.InnerException is IOException or SocketException)
        {
            // The server closed the connection while the client was still sending, which is a rejection too.
        }
    });

    [PodFact]
    public Task Slow_clients_do_not_block_other_clients() => AssertUnharmedAsync(async () =>
    {
        var slowClients = new List<TcpClient>();
        try
        {
            foreach (var port in (int[])[8000, 8001, 8002, 8003, 8080, 8443, 9090])
            {
                var partialRequest = port == 8443 ? [0x16, 0x03, 0x01] : Encoding.ASCII.GetBytes("POST /inference HTTP/1.1\r\nHost: lo");
                for (var i = 0; i < 50; i++)
                {
                    var client = new TcpClient();
                    slowClients.Add(client);
                    await client.ConnectAsync(IPAddress.Loopback, port);
                    await client.GetStream().WriteAsync(partialRequest);
                }
            }

            await AssertServingAsync();
        }
        finally
        {
            slowClients.ForEach(client => client.Dispose());
        }
    });

    /// <summary>Runs an attack, then asserts that every process is the same as before, serves requests, and is not large.</summary>
    private async Task AssertUnharmedAsync(Func<Task> attack)
    {
        var before = PodExtensions.Containers.Select(_pod.FindProcesses).ToArray();

        await attack();

        await AssertServingAsync();
        Assert.Equal(before, PodExtensions.Containers.Select(_pod.FindProcesses).ToArray());
        Assert.True(_pod.IsRunning);
        foreach (var process in before.SelectMany(processes => processes))
        {
            var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            var kilobytes = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            Assert.InRange(kilobytes / 1024, 1, MemoryLimitMegabytes);
        }
    }

    private static async Task AssertServingAsync()
    {
        using var client = PodClient.Create();
        using var response = await client.PostAsJsonAsync("/inference", new { text = "still serving?" });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        foreach (var port in (int[])[8001, 8002, 8003])
        {
            Assert.Equal("ok\n", await client.GetStringAsync(new Uri($"http://localhost:{port}/healthz")));
        }
    }

    /// <summary>Sends bytes and returns the start of the response; empty if the server closes the connection without one.</summary>
    private static async Task<string> SendBytesAsync(int port, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(bytes);
            client.Client.Shutdown(SocketShutdown.Send);
            var response = new byte[1024];
            var read = await stream.ReadAsync(response).AsTask().WaitAsync(Eventually.Deadline);
            return Encoding.Latin1.GetString(response, 0, read);
        }
        catch (IOException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"^HTTP/1\.[01] (4\d\d|505) ")]
    private static partial Regex RejectionPattern();
}
