using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using TlsProxy.Tests.Smuggling;
using TlsProxy.Tests.Support;
using Xunit.Abstractions;

namespace TlsProxy.Tests.Floods;

/// <summary>
/// Clients who mean harm, in numbers. Others are answered meanwhile, every one; memory stays bounded; afterwards the
/// process has as many connections and handles as before. How long the others waited is printed: on a machine that does
/// other things too it is no promise. The sizes come from the environment, see <c>docs/tls-proxy.md</c>.
/// </summary>
[Collection(UnderLoad.Name)]
public sealed class FloodTests(FloodedProxy proxy, ITestOutputHelper output) : IClassFixture<FloodedProxy>
{
    private const int MaximumMegabytes = 1024;
    private const int AtATime = 32;

    [Fact]
    public async Task Flood_of_aborted_handshakes_does_not_affect_other_clients()
    {
        var hello = await HelloAsync();
        var handshakes = UnderLoad.Setting("TLSPROXY_FLOOD_HANDSHAKES", 3_000);

        await FloodAsync(handshakes, async i =>
        {
            using var socket = await proxy.ConnectAsync();
            // Half a hello; a whole one; a whole one whose answer makes the server do all of its work.
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
        // Under the limit of 10 000 by as many as the others need.
        var connections = UnderLoad.Setting("TLSPROXY_FLOOD_CONNECTIONS", 9_900);
        var idle = new SslStream?[connections];
        await using var bystanders = new Bystanders(proxy.Url);

        await Parallel.ForAsync(0, connections, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (i, _) => idle[i] = await proxy.ConnectTlsAsync());
        Assert.True(await proxy.ConnectionsAsync() >= connections);
        await bystanders.AreServedAsync(100);
        Tell("while idle", await bystanders.EndAsync());

        await Parallel.ForAsync(0, connections, async (i, _) => await idle[i]!.DisposeAsync());
        await proxy.IsAsBeforeAsync();
    }

    [Fact]
    public async Task Endless_headers_do_not_affect_other_clients()
    {
        await FloodAsync(UnderLoad.Setting("TLSPROXY_FLOOD_SLOW", 500), async _ =>
        {
            await using var stream = await proxy.ConnectTlsAsync();
            await DripAsync(stream, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        }, atATime: int.MaxValue);
    }

    [Fact]
    public async Task Endless_bodies_do_not_affect_other_clients()
    {
        await FloodAsync(UnderLoad.Setting("TLSPROXY_FLOOD_SLOW", 500), async _ =>
        {
            await using var stream = await proxy.ConnectTlsAsync();
            await DripAsync(stream, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
        }, atATime: int.MaxValue);
    }

    [Fact]
    public async Task Rapidly_reset_streams_do_not_affect_other_clients()
    {
        var resets = UnderLoad.Setting("TLSPROXY_FLOOD_RESETS", 100_000);
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
                // The server has had enough, as it should.
            }

            await done.CancelAsync();
            await reading;
        });
    }

    private async Task FloodAsync(int times, Func<int, Task> attack, int atATime = AtATime)
    {
        await using var bystanders = new Bystanders(proxy.Url);
        using var places = new SemaphoreSlim(Math.Min(times, atATime));
        await Task.WhenAll(Enumerable.Range(0, times).Select(i => Task.Run(async () =>
        {
            await places.WaitAsync();
            try
            {
                await attack(i);
            }
            catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
            {
                // Being cut off is what an attacker may expect.
            }
            finally
            {
                places.Release();
            }
        })));
        await bystanders.AreServedAsync(30);
        Tell("in the flood", await bystanders.EndAsync());
        await proxy.IsAsBeforeAsync();
    }

    private void Tell(string when, string bystanders)
    {
        var resident = proxy.ResidentMegabytes;
        output.WriteLine($"{bystanders}; {resident} MB resident {when}");
        Assert.InRange(resident, 1, MaximumMegabytes);
    }

    /// <summary>Says a beginning, and then a byte now and then until the server has had enough.</summary>
    private static async Task DripAsync(SslStream stream, string beginning)
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
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
        }
    }

    /// <summary>A real ClientHello, as bytes.</summary>
    private static async Task<byte[]> HelloAsync()
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
