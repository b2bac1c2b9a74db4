using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using TestKit;

namespace EndToEnd;

/// <summary>What strangers send: every port refuses it clearly, nobody dies of it, and nobody grows.</summary>
[Collection(OnePodAtATime.Name)]
public sealed class GarbageTests(PodFixture fixture) : IClassFixture<PodFixture>
{
    private const long MostMegabytes = 300;

    private readonly IPod _pod = fixture.Pod;

    public static TheoryData<int> PlainPorts => [8000, 8001, 8002, 8003, 8080, 9090];

    public static TheoryData<int> AllPorts => [8000, 8001, 8002, 8003, 8080, 8443, 9090];

    [PodTheory]
    [MemberData(nameof(AllPorts))]
    public Task Random_bytes_are_refused(int port) => UnharmedAsync(async () =>
    {
        var random = new Random(port);
        for (var i = 0; i < 20; i++)
        {
            var noise = new byte[random.Next(1, 8192)];
            random.NextBytes(noise);
            await SendAsync(port, noise);
        }
    });

    [PodFact]
    public Task HTTP_to_the_TLS_port_is_refused() => UnharmedAsync(async () =>
    {
        var answer = await SendAsync(8443, Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal) || answer[0] == (char)0x15, answer);
    });

    [PodTheory]
    [MemberData(nameof(PlainPorts))]
    public Task TLS_to_an_HTTP_port_is_refused(int port) => UnharmedAsync(async () =>
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsClientAsync("localhost").WaitAsync(Eventually.Deadline));
    });

    [PodTheory]
    [MemberData(nameof(PlainPorts))]
    public Task Ten_thousand_headers_are_refused(int port) => UnharmedAsync(async () =>
    {
        var headers = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-Header-{i}: value\r\n"));
        var answer = await SendAsync(port, Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 431", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), answer);
    });

    [PodTheory]
    [InlineData("https://localhost:8443/inference")]
    [InlineData("http://localhost:8000/inference")]
    [InlineData("http://localhost:8001/-/reload")]
    public Task A_hundred_megabytes_are_refused(string address) => UnharmedAsync(async () =>
    {
        using var client = PodClient.Create();
        client.DefaultRequestHeaders.ExpectContinue = true;
        using var body = new StreamContent(new Zeros(100L << 20));
        body.Headers.ContentType = new("application/json");
        try
        {
            using var answer = await client.PostAsync(new Uri(address), body);
            // A path that reads no body (a reload) may answer without having taken it.
            Assert.True(answer.StatusCode is HttpStatusCode.RequestEntityTooLarge || (address.EndsWith("reload", StringComparison.Ordinal) && answer.IsSuccessStatusCode), answer.StatusCode.ToString());
        }
        catch (HttpRequestException e) when (e.InnerException is IOException or SocketException)
        {
            // Cut off while sending: a refusal as well, only one that this client did not hear out.
        }
    });

    [PodFact]
    public Task Slow_clients_hold_nobody_up() => UnharmedAsync(async () =>
    {
        var slow = new List<TcpClient>();
        try
        {
            foreach (var port in (int[])[8000, 8001, 8002, 8003, 8080, 8443, 9090])
            {
                for (var i = 0; i < 50; i++)
                {
                    var client = new TcpClient();
                    slow.Add(client);
                    await client.ConnectAsync(IPAddress.Loopback, port);
                    await client.GetStream().WriteAsync(port == 8443 ? new byte[] { 0x16, 0x03, 0x01 } : Encoding.ASCII.GetBytes("POST /inference HTTP/1.1\r\nHost: lo"));
                }
            }

            await ServesAsync();
        }
        finally
        {
            slow.ForEach(c => c.Dispose());
        }
    });

    /// <summary>Does it, and sees that every process is the same as before, serves, and is not large.</summary>
    private async Task UnharmedAsync(Func<Task> garbage)
    {
        var before = PodExtensions.Containers.Select(_pod.Processes).ToArray();

        await garbage();

        await ServesAsync();
        Assert.Equal(before, PodExtensions.Containers.Select(_pod.Processes).ToArray());
        Assert.True(_pod.IsUp);
        foreach (var process in before.SelectMany(p => p))
        {
            var resident = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            Assert.InRange(long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024, 1, MostMegabytes);
        }
    }

    private static async Task ServesAsync()
    {
        using var client = PodClient.Create();
        using var answer = await client.PostAsJsonAsync("/inference", new { text = "all well?" });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (var port in (int[])[8001, 8002, 8003])
        {
            Assert.Equal("ok\n", await client.GetStringAsync(new Uri($"http://localhost:{port}/healthz")));
        }
    }

    /// <summary>What a port answers to these bytes; empty when it just closes.</summary>
    private static async Task<string> SendAsync(int port, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(bytes);
            client.Client.Shutdown(SocketShutdown.Send);
            var answer = new byte[1024];
            var read = await stream.ReadAsync(answer).AsTask().WaitAsync(Eventually.Deadline);
            return Encoding.Latin1.GetString(answer, 0, read);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>A body that nobody has to keep in memory.</summary>
    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, _left);
            Array.Clear(buffer, offset, read);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
