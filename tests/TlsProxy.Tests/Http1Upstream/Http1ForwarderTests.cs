using System.Net;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TlsProxy.Tests.Support;
using Xunit.Abstractions;

namespace TlsProxy.Tests.Http1Upstream;

/// <summary>The HTTP/1.1 upstream path, tested byte by byte.</summary>
public sealed class Http1ForwarderTests(ITestOutputHelper output) : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);

    public void Dispose() => _volume.Dispose();

    public static TheoryData<string, string> CompleteResponses => new()
    {
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "" },
        { "HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", "hello" },
        { "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "hello" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello" },
        { "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2;name=\"value\"\r\nhe\r\n0003 \r\nllo\r\n0\r\n\r\n", "hello" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n\r\n", "" },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello" },
    };

    public static TheoryData<string> BrokenAnswers => new(
        "",
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 No\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nNo colon\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: nameless\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Bare: a\rb\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Long: " + new string('x', 70_000) + "\r\nContent-Length: 0\r\n\r\n");

    public static TheoryData<string> AnswersThatBreakOff => new(
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + new string('0', 5000) + "\r\n\r\n");

    [Theory]
    [MemberData(nameof(CompleteResponses))]
    public async Task Response_with_any_framing_and_fragmentation_is_copied_and_the_connection_reused(string answer, string body)
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync(answer);
            await connection.RequestAsync();
            foreach (var letter in answer)
            {
                await connection.SendAsync(letter.ToString());
            }

            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        Assert.Equal(body, await client.GetStringAsync(proxy.Url));
        Assert.Equal(body, await client.GetStringAsync(proxy.Url));
        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task Headers_of_any_length_are_copied_on_one_connection()
    {
        int[] lengths = [10, 4000, 4200, 60_000, 10, 9000, 60_000, 10];
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            foreach (var length in lengths)
            {
                await connection.RequestAsync();
                var answer = $"HTTP/1.1 200 OK\r\nX-Long: {Long(length)}\r\nContent-Length: 6000\r\n\r\n{new string('b', 6000)}";
                foreach (var piece in answer.Chunk(2999))
                {
                    await connection.SendAsync(new string(piece));
                }
            }

            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        foreach (var length in lengths)
        {
            using var response = await client.GetAsync(proxy.Url);
            Assert.Equal(Long(length), response.Headers.GetValues("X-Long").Single());
            Assert.Equal(new string('b', 6000), await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(1, upstream.Connections);

        static string Long(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i * length % 26))));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Chunks_of_any_length_are_copied(string version)
    {
        int[] lengths = [1, 8191, 8192, 8193, 16_383, 16_384, 16_385, 200_000, 1, 100_000];
        var body = new string([.. Enumerable.Range(0, lengths.Sum()).Select(i => (char)('a' + (i * 7 % 26)))]);
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            for (var round = 0; round < 2; round++)
            {
                await connection.RequestAsync();
                await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                var at = 0;
                foreach (var length in lengths)
                {
                    var chunk = $"{length:x}\r\n{body.Substring(at, length)}\r\n";
                    at += length;
                    foreach (var piece in chunk.Chunk(round == 0 ? 5003 : 1_000_000))
                    {
                        await connection.SendAsync(new string(piece));
                    }
                }

                await connection.SendAsync("0\r\n\r\n");
            }

            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(new Version(version));

        Assert.Equal(body, await client.GetStringAsync(proxy.Url));
        Assert.Equal(body, await client.GetStringAsync(proxy.Url));
        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [MemberData(nameof(BrokenAnswers))]
    public async Task Malformed_response_is_502(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer, closes: true);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        using var response = await client.GetAsync(proxy.Url);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("upstream_broken", error.RootElement.GetProperty("error").GetString());
        Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("X-F", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AnswersThatBreakOff))]
    public async Task Truncated_response_does_not_look_complete(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer, closes: true);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var client = RunningProxy.Client(version);

            await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello")]
    public async Task Body_without_a_length_ends_with_the_connection(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer, closes: true);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        Assert.Equal("hello", await client.GetStringAsync(proxy.Url));
        Assert.Equal("hello", await client.GetStringAsync(proxy.Url));
        Assert.Equal(2, upstream.Connections);
    }

    // Bytes after such a response would reach another client.
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close, keep-alive\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task Connection_that_must_not_be_reused_is_closed(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        Assert.Equal("hello", await client.GetStringAsync(proxy.Url));
        Assert.Equal("hello", await client.GetStringAsync(proxy.Url));
        Assert.Equal(2, upstream.Connections);
    }

    [Fact]
    public async Task HTTP_1_0_connection_with_keep_alive_is_reused()
    {
        await using var upstream = ScriptedUpstream.RespondingWith(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();

        Assert.Equal("hello", await client.GetStringAsync(proxy.Url));
        Assert.Equal("hello", await client.GetStringAsync(proxy.Url));
        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task Idle_connection_closed_by_the_application_fails_no_request(string method)
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            if (connection.Number == 2)
            {
                // The application reads the next request and closes without a response, as a keep-alive timeout may do.
                await connection.WaitUntilAsync(text => text.Length > 0);
                connection.Reset();
            }
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        for (var i = 1; i <= 4; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), proxy.Url);
            using var response = await client.SendAsync(request);

            Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(4, upstream.Connections);
    }

    [Fact]
    public async Task Request_body_is_never_sent_twice()
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            await connection.RequestAsync();
            connection.Reset();
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        await client.GetStringAsync(proxy.Url);

        using var response = await client.PostAsync(proxy.Url, new StringContent("pay 5"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(1, upstream.Requests.Count(r => r.StartsWith("POST", StringComparison.Ordinal)));
    }

    // Methods are case-sensitive: an application that does not know "head" responds with a body.
    [Fact]
    public async Task Lower_case_head_method_receives_a_response_body()
    {
        await using var upstream = ScriptedUpstream.RespondingWith("HTTP/1.1 405 No\r\nContent-Length: 5\r\n\r\nhello");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync("head / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 405 ", await ReadUntilAsync(stream, "\r\n\r\nhello"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public async Task Connection_with_a_possible_unexpected_body_is_not_reused(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        for (var i = 0; i < 2; i++)
        {
            using var response = await client.GetAsync(proxy.Url);

            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }

        Assert.Equal(2, upstream.Connections);
    }

    // A request that makes the application close its connection must not be tried on every idle connection.
    [Fact]
    public async Task Request_dropped_by_the_application_is_sent_twice_at_most()
    {
        const int resting = 5;
        var (busy, together) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            var head = await connection.RequestAsync();
            while (!head.StartsWith("GET /dropped ", StringComparison.Ordinal))
            {
                if (Interlocked.Increment(ref busy) == resting)
                {
                    together.SetResult();
                }

                await together.Task.WaitAsync(TimeSpan.FromSeconds(30));
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
                head = await connection.RequestAsync();
            }

            connection.Reset();
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        await Task.WhenAll(Enumerable.Range(0, resting).Select(_ => client.GetStringAsync(proxy.Url)));

        using var response = await client.GetAsync(new Uri(proxy.Url, "/dropped"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(2, upstream.Requests.Count(r => r.StartsWith("GET /dropped ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    public async Task Empty_response_is_copied(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var client = RunningProxy.Client(version);
            using var response = await client.GetAsync(proxy.Url);

            Assert.Equal(answer[9..12], ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked", "1.1")]
    [InlineData("Transfer-Encoding: chunked", "2.0")]
    [InlineData("Content-Length: 5", "1.1")]
    [InlineData("Content-Length: 5", "2.0")]
    [InlineData("Connection: close", "1.1")]
    public async Task Response_headers_do_not_wait_for_the_body(string framing, string version)
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n");
            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(Version.Parse(version));

        using var response = await client.GetAsync(proxy.Url, HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task HTTP_1_0_client_receives_the_body_without_chunks(string answer)
    {
        await using var upstream = ScriptedUpstream.RespondingWith(answer);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"u8.ToArray());

        Assert.EndsWith("\r\n\r\nhello", await ReadUntilAsync(stream, "hello"), StringComparison.Ordinal);
    }

    // Whether the application processed the request before it closed the connection is unknown.
    [Fact]
    public async Task Non_idempotent_request_without_a_body_is_not_sent_twice()
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            await connection.RequestAsync();
            connection.Reset();
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        await client.GetStringAsync(proxy.Url);

        using var response = await client.PostAsync(new Uri(proxy.Url, "/pay"), content: null);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(1, upstream.Requests.Count(r => r.StartsWith("POST", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Request_bodies_arrive_complete_with_and_without_a_length(string version)
    {
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            var withLength = context.Request.ContentLength;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.WriteAsync($"{withLength?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "withoutLength"} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(body.ToArray()))}");
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(Version.Parse(version));
        var random = RandomSource.Create(output);
        foreach (var size in new[] { 0, 1, 2000, 4095, 4096, 40_000, 70_000, 3_000_001 })
        {
            var bytes = new byte[size];
            random.NextBytes(bytes);
            var sum = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));

            using var withLength = await client.PostAsync(proxy.Url, new ByteArrayContent(bytes));
            using var withoutLength = await client.PostAsync(proxy.Url, new Unmeasured(bytes));

            Assert.Equal($"{size} {sum}", await withLength.Content.ReadAsStringAsync());
            Assert.EndsWith(sum, await withoutLength.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Early_response_is_sent_before_the_upload_ends()
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegun"));

        Assert.StartsWith("HTTP/1.1 403 Forbidden\r\n", await ReadUntilAsync(stream, "\r\n\r\nno"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_that_stops_reading_is_cut_off_and_sees_no_complete_response()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            try
            {
                while (true)
                {
                    await connection.SendAsync($"10000\r\n{new string('x', 0x10000)}\r\n");
                }
            }
            finally
            {
                released.TrySetResult();
            }
        });
        await using var proxy = await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, ["--Upstream:TimeoutSeconds=1", "--Limits:MinimumBytesPerSecond=0"]);
        await using var stream = await proxy.ConnectTlsAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));

        await released.Task.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.DoesNotContain("\r\n0\r\n\r\n", await Raw.ReadToEndAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_and_response_can_stream_at_the_same_time()
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            await connection.WaitUntilAsync(text => text.Contains("one", StringComparison.Ordinal));
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            await connection.WaitUntilAsync(text => text.EndsWith("two\r\n0\r\n\r\n", StringComparison.Ordinal));
            await connection.SendAsync("6\r\nsecond\r\n0\r\n\r\n");
            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(HttpVersion.Version20);
        var mayGoOn = new TaskCompletionSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, proxy.Url) { Version = HttpVersion.Version20, Content = new InTwoParts("one", mayGoOn.Task, "two") };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var answer = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        var first = await answer.ReadAtLeastAsync(buffer, 5);
        mayGoOn.SetResult();
        using var rest = new StreamReader(answer);

        Assert.Equal("first", Encoding.ASCII.GetString(buffer, 0, first));
        Assert.Equal("second", await rest.ReadToEndAsync());
    }

    [Fact]
    public async Task Client_that_disconnects_during_its_body_cancels_the_request()
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            try
            {
                await connection.WaitUntilAsync(text => text.Length >= 1000);
            }
            finally
            {
                ended.TrySetResult(connection.Pending);
            }
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using (var stream = await proxy.ConnectTlsAsync())
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nbegun"));
            await Eventually.AssertAsync(() => !upstream.Requests.IsEmpty, "the application has the request");
        }

        Assert.Equal("begun", await ended.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Client_that_disconnects_before_the_response_cancels_the_request()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.RequestAsync();
            try
            {
                await connection.WaitUntilAsync(_ => false);
            }
            finally
            {
                ended.TrySetResult();
            }
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using (var client = RunningProxy.Client(HttpVersion.Version20))
        using (var leaves = new CancellationTokenSource())
        {
            var asking = client.GetAsync(proxy.Url, leaves.Token);
            await Eventually.AssertAsync(() => !upstream.Requests.IsEmpty, "the application has the request");
            await leaves.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

            await ended.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Silent_application_times_out_and_a_slow_one_does_not()
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            var head = await connection.RequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
            var letters = head.StartsWith("GET /silent", StringComparison.Ordinal) ? "lo" : "lively";
            foreach (var letter in letters)
            {
                await Task.Delay(700);
                await connection.SendAsync(letter.ToString());
            }

            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, ["--Upstream:TimeoutSeconds=3"]);
        using var client = RunningProxy.Client();

        Assert.Equal("lively", await client.GetStringAsync(proxy.Url));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(new Uri(proxy.Url, "/silent")));
    }

    [Fact]
    public async Task Headers_are_copied_unchanged_except_hop_by_hop_headers()
    {
        await using var upstream = ScriptedUpstream.RespondingWith(
            "HTTP/1.1 299 Almost OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Latin: caf\xe9\r\nX-Empty:\r\n"
            + "Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            "GET /a?b HTTP/1.1\r\nHost: example.org\r\nX-Name: J\u00fcrgen\r\nX-Empty:\r\nX-Twice: 1\r\nX-Twice: 2\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n"));
        var answer = await ReadUntilAsync(stream, "\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 299 Almost OK\r\n", answer, StringComparison.Ordinal);
        foreach (var line in new[] { "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-Latin: caf\xe9", "X-Empty: ", "Content-Length: 0" })
        {
            Assert.Contains($"\r\n{line}\r\n", answer, StringComparison.Ordinal);
        }

        foreach (var name in new[] { "X-Hop", "Keep-Alive", "Proxy-Authenticate", "Upgrade" })
        {
            Assert.DoesNotContain($"\r\n{name}:", answer, StringComparison.OrdinalIgnoreCase);
        }

        var head = Assert.Single(upstream.Requests);
        Assert.StartsWith("GET /a?b HTTP/1.1\r\nHost: example.org\r\n", head, StringComparison.Ordinal);
        foreach (var line in new[] { "X-Name: J\xc3\xbcrgen", "X-Empty: ", "X-Twice: 1", "X-Twice: 2" })
        {
            Assert.Contains($"\r\n{line}\r\n", head, StringComparison.Ordinal);
        }

        foreach (var name in new[] { "Connection", "TE", "Expect", "Transfer-Encoding", "Content-Length" })
        {
            Assert.DoesNotContain($"\r\n{name}:", head, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("HEAD", "200 OK\r\nContent-Length: 5", 5)]
    [InlineData("GET", "204 No Content", null)]
    [InlineData("GET", "304 Not Modified\r\nContent-Length: 5", 5)]
    public async Task Response_without_a_body_keeps_the_connection(string method, string answer, int? length)
    {
        await using var upstream = ScriptedUpstream.RespondingWith($"HTTP/1.1 {answer}\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), proxy.Url);
            using var response = await client.SendAsync(request);

            Assert.Equal("", await response.Content.ReadAsStringAsync());
            Assert.Equal(answer[..3], ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (method == "HEAD")
            {
                Assert.Equal(length, response.Content.Headers.ContentLength);
            }
        }

        Assert.Equal(1, upstream.Connections);
    }

    [Fact]
    public async Task Request_trailers_are_copied_without_trusted_fields()
    {
        await using var upstream = new ScriptedUpstream(async connection =>
        {
            await connection.WaitUntilAsync(text => text.EndsWith("\r\n\r\n", StringComparison.Ordinal) && text.Contains("\r\n0\r\n", StringComparison.Ordinal));
            var body = connection.Pending[(connection.Pending.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            await connection.WaitUntilAsync(_ => false);
        });
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\nhello\r\n0\r\nX-Sum: 5\r\nX-Forwarded-User: admin\r\nX_Forwarded_User: admin\r\nAuthorization: Basic eA==\r\n"
            + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: internal\r\n\r\n"));
        var response = await Raw.ReadToEndAsync(stream);

        Assert.EndsWith("\r\n\r\n0005\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n", response, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 3\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("Connection: close\r\n\r\nabc")]
    public async Task Body_of_a_205_is_dropped_with_its_connection(string rest)
    {
        await using var upstream = ScriptedUpstream.RespondingWith($"HTTP/1.1 205 Reset Content\r\n{rest}");
        foreach (var routed in new[] { false, true })
        {
            using var routes = new RouteFile();
            await using var proxy = routed
                ? await routes.Write(metadata: null, ("app", [upstream.Url])).StartAsync(_volume.Path)
                : await RunningProxy.StartAsync(_volume.Path, upstream.Url);
            foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
            {
                using var client = RunningProxy.Client(version);
                for (var i = 0; i < 2; i++)
                {
                    using var response = await client.GetAsync(proxy.Url);

                    Assert.Equal(HttpStatusCode.ResetContent, response.StatusCode);
                    Assert.Equal("", await response.Content.ReadAsStringAsync());
                }
            }
        }
    }

    [Fact]
    public async Task Response_trailers_are_copied()
    {
        await using var upstream = ScriptedUpstream.RespondingWith(
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ncounted\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\n\r\n");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url);
        using var client = RunningProxy.Client(HttpVersion.Version20);

        using var response = await client.GetAsync(proxy.Url);

        Assert.Equal("counted", await response.Content.ReadAsStringAsync());
        Assert.Equal("7", Assert.Single(Assert.Single(response.TrailingHeaders).Value));
    }

    [Fact]
    public async Task Base_path_of_the_application_precedes_the_request_path()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri(upstream.Url, "/base/"));
        using var client = RunningProxy.Client();

        Assert.StartsWith("GET /base/a?b\n", await client.GetStringAsync(new Uri(proxy.Url, "/a?b")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Application_with_a_host_name_is_reached()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, new Uri($"http://localhost:{upstream.Url.Port}"));
        using var client = RunningProxy.Client();

        Assert.StartsWith("GET /\n", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
    }

    private static async Task<string> ReadUntilAsync(SslStream stream, string end)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = "";
        var buffer = new byte[16 * 1024];
        while (!text.Contains(end, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, deadline.Token);
            Assert.True(read > 0, $"The end of '{text}' is missing.");
            text += Encoding.Latin1.GetString(buffer, 0, read);
        }

        return text;
    }

    /// <summary>A body whose second part waits for a signal.</summary>
    private sealed class InTwoParts(string first, Task between, string second) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(first));
            await stream.FlushAsync();
            await between;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(second));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A body without a length: chunked over HTTP/1.1.</summary>
    private sealed class Unmeasured(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
