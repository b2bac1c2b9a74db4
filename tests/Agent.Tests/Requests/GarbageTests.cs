using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Agent.Tests.Support;
using Xunit.Abstractions;

namespace Agent.Tests.Requests;

/// <summary>Malformed input that any client can send to an open port.</summary>
public sealed partial class GarbageTests(SharedAgent shared, ITestOutputHelper output) : IClassFixture<SharedAgent>
{
    private RunningAgent Agent => shared.Agent;

    [Fact]
    public async Task Random_bytes_are_rejected_and_the_port_keeps_serving()
    {
        var random = RandomSource.Create(output);
        var bytes = new byte[4096];
        random.NextBytes(bytes);

        var response = await SendAsync([.. bytes, .. "\r\n\r\n"u8]);

        // 505, because random bytes may parse as a request line with an unsupported HTTP version.
        Assert.True(StatusLinePattern().IsMatch(response), $"'{response}', TEST_SEED={random.Seed}");
        await AssertServesAsync();
    }

    [Fact]
    public async Task TLS_handshake_is_a_bad_request()
    {
        byte[] clientHello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x0a, 0x0d, 0x0a];

        Assert.StartsWith("HTTP/1.1 400 ", await SendAsync(clientHello), StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Ten_thousand_headers_are_rejected_with_431()
    {
        var request = new StringBuilder("GET / HTTP/1.1\r\nHost: a\r\n");
        for (var i = 0; i < 10_000; i++)
        {
            request.Append("X-H").Append(i).Append(": v\r\n");
        }

        var answer = await SendAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()));

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Announced_hundred_megabytes_are_rejected_without_reading_them()
    {
        var head = "POST /inference HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n";

        var answer = await SendAsync([.. Encoding.ASCII.GetBytes(head), .. new byte[100_000]]);

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("""{"detail":"Request Entity Too Large"}""", answer, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Endless_chunked_body_is_rejected_at_the_limit()
    {
        var head = "POST /inference HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        var chunk = "10000\r\n" + new string(' ', 0x10000) + "\r\n";
        var body = string.Concat(Enumerable.Repeat(chunk, 20));

        var answer = await SendAsync(Encoding.ASCII.GetBytes(head + body));

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Client_that_resets_halfway_does_not_affect_other_requests()
    {
        using (var client = await ConnectAsync())
        {
            await client.GetStream().WriteAsync("POST /inference HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{\"te"u8.ToArray());
            client.Client.LingerState = new LingerOption(true, 0);
        }

        await AssertServesAsync();
    }

    [GeneratedRegex("^HTTP/1\\.1 (4\\d\\d|505) ")]
    private static partial Regex StatusLinePattern();

    private async Task AssertServesAsync() => await Agent.InferAsync("fine").ReadJsonAsync(System.Net.HttpStatusCode.OK);

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(Agent.Address.Host, Agent.Address.Port);
        return client;
    }

    private async Task<string> SendAsync(byte[] bytes)
    {
        using var client = await ConnectAsync();
        var stream = client.GetStream();
        var received = new MemoryStream();
        var reading = ReadToEndAsync(stream, received);
        try
        {
            await stream.WriteAsync(bytes);
        }
        catch (IOException)
        {
            // The agent rejects the request before it has read all of it.
        }

        await reading.WaitAsync(TimeSpan.FromSeconds(60));
        return Encoding.Latin1.GetString(received.ToArray());
    }

    private static async Task ReadToEndAsync(NetworkStream stream, MemoryStream received)
    {
        try
        {
            await stream.CopyToAsync(received);
        }
        catch (IOException)
        {
            // A reset after the response.
        }
    }
}
