using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using TlsProxy.Tests.Smuggling;
using TlsProxy.Tests.Support;
using Xunit.Abstractions;

namespace TlsProxy.Tests.Floods;

/// <summary>
/// Many hostile clients. Every request of other clients is served in the meantime, memory stays bounded, and afterwards the
/// process has as many connections and handles as before. The latencies of the other clients are printed only, because they
/// depend on the load of the machine. Environment variables set the sizes, see <c>docs/tls-proxy.md</c>.
/// </summary>
[Collection(LoadTests.Name)]
public sealed class FloodTests(FloodedProxy proxy, ITestOutputHelper output) : IClassFixture<FloodedProxy>
{
    private const int MaximumMegabytes = 1024;
    private const int DefaultConcurrency = 32;

    [Fact]
    public async Task Flood_of_aborted_handshakes_does_not_affect_other_clients()
    {
        var hello = await CaptureClientHelloAsync();
        var handshakes = LoadTests.ReadSetting("TLSPROXY_FLOOD_HANDSHAKES", 3_000);

        await FloodAsync(handshakes, async i =>
        {
            using var socket = await proxy.ConnectAsync();
            // Half a ClientHello; a complete one; a complete one with a read, which makes the server do the whole handshake.
            await socket.SendAsync(hello.AsMemory(0, i % 3 == 0 ? hello.Length / 2 : hello.Length));
            if (i % 3 == 2)
            {
                await socket.ReceiveAsync(new byte[64]);
            }
        });
    }

    [Fact]
    public async Task Ten_thousand_idle_connections_do_not_affect_other_clients()
    {
        // Below the limit of 10 000, because the other clients need connections too.
        var connections = LoadTests.ReadSetting("TLSPROXY_FLOOD_CONNECTIONS", 9_900);
        var idle = new SslStream?[connections];
        await using var clients = new NormalClients(proxy.Url);

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = DefaultConcurrency };
        await Parallel.ForAsync(0, connections, parallel, async (i, _) => idle[i] = await proxy.ConnectTlsAsync());
        Assert.True(await proxy.ConnectionsAsync() >= connections);
        await clients.WaitForServedAsync(100);
        WriteResult("while idle", await clients.StopAsync());

        await Parallel.ForAsync(0, connections, async (i, _) => await idle[i]!.DisposeAsync());
        await proxy.WaitForInitialStateAsync();
    }

    [Fact]
    public async Task Endless_headers_do_not_affect_other_clients()
    {
        await FloodAsync(LoadTests.ReadSetting("TLSPROXY_FLOOD_SLOW", 500), async _ =>
        {
            await using var stream = await proxy.ConnectTlsAsync();
            await SendSlowlyAsync(stream, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        }, concurrency: int.MaxValue);
    }

    [Fact]
    public async Task Endless_bodies_do_not_affect_other_clients()
    {
        await FloodAsync(LoadTests.ReadSetting("TLSPROXY_FLOOD_SLOW", 500), async _ =>
        {
            await using var stream = await proxy.ConnectTlsAsync();
            await SendSlowlyAsync(stream, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
        }, concurrency: int.MaxValue);
    }

    [Fact]
    public async Task Rapidly_reset_streams_do_not_affect_other_clients()
    {
        var resets = LoadTests.ReadSetting("TLSPROXY_FLOOD_RESETS", 100_000);
        const int perConnection = 10_000;

        await FloodAsync(Math.Max(1, resets / perConnection), async _ =>
        {
            await using var stream = await proxy.ConnectTlsAsync("h2");
            using var done = new CancellationTokenSource();
            var reading = ReadOnAsync(stream, done.Token);
            try
            {
                await RawHttp2.OpenAsync(stream);
                var batch = new MemoryStream();
                for (var i = 0; i < perConnection; i++)
                {
                    batch.Write(RawHttp2.Request((2 * i) + 1, [":method=GET", ":scheme=https", ":path=/", ":authority=localhost"]));
                    batch.Write(RawHttp2.Reset((2 * i) + 1));
                    if (batch.Length > 16 * 1024)
                    {
                        await stream.WriteAsync(batch.ToArray());
                        batch.SetLength(0);
                    }
                }
            }
            catch (IOException)
            {
                // The server closed the connection, as expected.
            }

            await done.CancelAsync();
            await reading;
        });
    }

    private async Task FloodAsync(int times, Func<int, Task> attack, int concurrency = DefaultConcurrency)
    {
        await using var clients = new NormalClients(proxy.Url);
        using var places = new SemaphoreSlim(Math.Min(times, concurrency));
        await Task.WhenAll(Enumerable.Range(0, times).Select(i => Task.Run(async () =>
        {
            await places.WaitAsync();
            try
            {
                await attack(i);
            }
            catch (Exception exception)
                when (exception is SocketException or IOException or System.Security.Authentication.AuthenticationException)
            {
                // The server cuts off an attacker, as expected.
            }
            finally
            {
                places.Release();
            }
        })));
        await clients.WaitForServedAsync(30);
        WriteResult("in the flood", await clients.StopAsync());
        await proxy.WaitForInitialStateAsync();
    }

    private void WriteResult(string when, string clients)
    {
        var resident = proxy.ResidentMegabytes;
        output.WriteLine($"{clients}; {resident} MB resident {when}");
        Assert.InRange(resident, 1, MaximumMegabytes);
    }

    /// <summary>Sends the start of a request, and then single bytes until the server closes the connection.</summary>
    private static async Task SendSlowlyAsync(SslStream stream, string beginning)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
        var closed = Raw.ReadToEndAsync(stream);
        using var drip = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (!closed.IsCompleted)
        {
            await drip.WaitForNextTickAsync();
            await stream.WriteAsync("x"u8.ToArray());
        }
    }

    private static async Task ReadOnAsync(SslStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
        }
    }

    /// <summary>The bytes of a real ClientHello.</summary>
    private static async Task<byte[]> CaptureClientHelloAsync()
    {
        await using var written = new FirstWrite();
        await using var stream = new SslStream(written);
        await Assert.ThrowsAnyAsync<Exception>(() => stream.AuthenticateAsClientAsync("localhost"));
        return written.Bytes;
    }

    private sealed class FirstWrite : MemoryStream
    {
        public byte[] Bytes { get; private set; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Bytes = buffer.ToArray();
            throw new IOException("that was all");
        }
    }
}
