using System.Text;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Smuggling;

/// <summary>
/// The known ways to make two servers see different requests in the same bytes. Each payload is rejected, or forwarded as
/// exactly one request, and nothing hidden in it reaches the application as a separate request.
/// </summary>
public sealed class SmugglingTests(SmugglingTests.Proxy fixture) : IClassFixture<SmugglingTests.Proxy>
{
    private const string Hidden = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static readonly string Chunked = $"{Hidden.Length:x}\r\n{Hidden}\r\n0\r\n\r\n";

    /// <summary>The payload, and whether it must be rejected (or may be forwarded as one request).</summary>
    public static TheoryData<string, string, bool> Payloads
    {
        get
        {
            var table = new TheoryData<string, string, bool>();

            // Two lengths.
            Refused("CL.TE", Post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + Hidden));
            Refused("TE.CL", Post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", Chunked));
            Refused("TE before CL", Post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", Chunked));
            Refused("CL of 0 with TE", Post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", Chunked));
            Refused("CL.TE with a made-up X-Content-Length", Post(
                "X-Content-Length: 1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + Hidden));
            Refused("CL twice, different", Post("Content-Length: 5\r\nContent-Length: 0\r\n", "hello" + Hidden));
            Refused("CL twice, equal", Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"));
            Refused("CL as a list", Post("Content-Length: 5, 5\r\n", "hello"));
            Refused("CL as a list, different", Post("Content-Length: 0, 44\r\n", Hidden));
            Refused("CL negative", Post("Content-Length: -1\r\n", Hidden));
            OneAtMost("CL with a plus", Post("Content-Length: +5\r\n", "hello"));
            Refused("CL huge", Post("Content-Length: 99999999999999999999\r\n", Hidden));
            Refused("CL just over 64 bits", Post("Content-Length: 18446744073709551616\r\n", Hidden));
            Refused("CL over the limit", Post("Content-Length: 9223372036854775807\r\n", Hidden));
            Refused("CL hexadecimal", Post("Content-Length: 0x5\r\n", "hello"));
            Refused("CL with a fraction", Post("Content-Length: 5.0\r\n", "hello"));
            Refused("CL with a space within", Post("Content-Length: 4 4\r\n", Hidden));
            Refused("CL empty", Post("Content-Length: \r\n", Hidden));
            Refused("CL of words", Post("Content-Length: five\r\n", "hello"));
            Refused("CL with a NUL", Post("Content-Length: 5\0\r\n", "hello"));

            // A Transfer-Encoding that only one of two servers understands.
            Refused("TE.TE, unknown last", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", Chunked));
            Refused("TE.TE, unknown first", Post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", Chunked));
            Refused("TE chunked twice", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Chunked));
            Refused("TE chunked, chunked", Post("Transfer-Encoding: chunked, chunked\r\n", Chunked));
            Refused("TE gzip, chunked", Post("Transfer-Encoding: gzip, chunked\r\n", Chunked));
            Refused("TE identity", Post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello" + Hidden));
            Refused("TE xchunked", Post("Transfer-Encoding: xchunked\r\n", Chunked));
            Refused("TE chunkedx", Post("Transfer-Encoding: chunkedx\r\n", Chunked));
            Refused("TE quoted", Post("Transfer-Encoding: \"chunked\"\r\n", Chunked));
            Refused("TE with a parameter", Post("Transfer-Encoding: chunked;q=1\r\n", Chunked));
            Refused("TE with a vertical tab", Post("Transfer-Encoding: \vchunked\r\n", Chunked));
            Refused("TE with a NUL", Post("Transfer-Encoding: chunked\0\r\n", Chunked));
            Refused("TE empty with CL", Post("Transfer-Encoding: \r\nContent-Length: 4\r\n", Chunked));
            Refused("TE after a comma", Post("Transfer-Encoding: ,chunked\r\n", Chunked));
            Refused("TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunked);
            OneAtMost("TE in capitals", Post("TRANSFER-ENCODING: CHUNKED\r\n", Chunked));
            OneAtMost("TE with a tab before", Post("Transfer-Encoding:\tchunked\r\n", Chunked));
            OneAtMost("TE with an underscore beside CL", Post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"));
            OneAtMost("CL with an underscore", Post("Content_Length: 44\r\nContent-Length: 5\r\n", "hello"));

            // Ambiguous line ends.
            Refused("space before the colon of TE", Post("Transfer-Encoding : chunked\r\nContent-Length: 4\r\n", Chunked));
            Refused("space before the colon of CL", Post("Content-Length : 5\r\n", "hello"));
            Refused("tab before the colon", Post("Transfer-Encoding\t: chunked\r\n", Chunked));
            Refused("obs-fold with a space", Post("X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"));
            Refused("obs-fold with a tab", Post("X-A: b\r\n\tc\r\nContent-Length: 5\r\n", "hello"));
            Refused("obs-fold of TE", Post("Transfer-Encoding:\r\n chunked\r\n", Chunked));
            Refused("space before the first header", "POST / HTTP/1.1\r\n Host: localhost\r\nContent-Length: 5\r\n\r\nhello");
            Refused("bare LF between headers", Post("X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n", Chunked));
            Refused("bare LF everywhere", Post("Content-Length: 5\r\n", "hello").Replace("\r\n", "\n", StringComparison.Ordinal));
            Refused("bare LF after the request line", "POST / HTTP/1.1\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
            Refused("bare LF as the last line", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\nhello");
            Refused("bare CR in a value", Post("X-A: b\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"));
            Refused("bare CR in a name", Post("X\rA: b\r\nContent-Length: 5\r\n", "hello"));
            Refused("CR CR LF", Post("X-A: b\r\r\nContent-Length: 5\r\n", "hello"));
            Refused("NUL in a value", Post("X-A: b\0c\r\nContent-Length: 5\r\n", "hello"));
            Refused("NUL in a name", Post("X\0A: b\r\nContent-Length: 5\r\n", "hello"));
            Refused("a header without a colon", Post("Transfer-Encoding chunked\r\nContent-Length: 5\r\n", "hello"));
            Refused("a header without a name", Post(": chunked\r\nContent-Length: 5\r\n", "hello"));
            Refused("a name with a bracket", Post("X[A]: b\r\nContent-Length: 5\r\n", "hello"));
            Refused("a name beyond ASCII", Post("X\u00e9: b\r\nContent-Length: 5\r\n", "hello"));

            // Chunks.
            Refused("chunk extension with a bare LF", Post(
                "Transfer-Encoding: chunked\r\n", "2;\nxx\r\n4a\r\n0\r\n\r\n" + Hidden + "0\r\n\r\n"));
            Refused("chunk extension with a bare CR", Post("Transfer-Encoding: chunked\r\n", "2;a\rb\r\nxx\r\n0\r\n\r\n"));
            Refused("chunk size with a bare LF", Post("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n"));
            Refused("chunk that ends with a bare LF", Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\n0\r\n\r\n"));
            Refused("chunk longer than its size", Post("Transfer-Encoding: chunked\r\n", "5\r\nhelloworld\r\n0\r\n\r\n"));
            Refused("chunk size with 0x", Post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"));
            Refused("chunk size negative", Post("Transfer-Encoding: chunked\r\n", "-5\r\nhello\r\n0\r\n\r\n"));
            Refused("chunk size with a plus", Post("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"));
            Refused("chunk size over 64 bits", Post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"));
            Refused("chunk size over 32 bits", Post("Transfer-Encoding: chunked\r\n", "100000005\r\nhello\r\n0\r\n\r\n"));
            Refused("chunk size empty", Post("Transfer-Encoding: chunked\r\n", "\r\nhello\r\n0\r\n\r\n"));
            Refused("chunk size with an underscore", Post("Transfer-Encoding: chunked\r\n", "5_0\r\nhello\r\n0\r\n\r\n"));
            OneAtMost("chunk with an extension", Post("Transfer-Encoding: chunked\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n"));
            OneAtMost("trailer that is framing", Post("Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n", "5\r\nhello\r\n0\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n"));
            Refused("trailer with a bare LF", Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nX-A: b\nX-B: c\r\n\r\n"));

            // The request line.
            Refused("HTTP/0.9", "GET /\r\n\r\n");
            Refused("HTTP/0.9 in words", "GET / HTTP/0.9\r\nHost: localhost\r\n\r\n");
            Refused("HTTP/1.2", "GET / HTTP/1.2\r\nHost: localhost\r\n\r\n");
            Refused("HTTP/2.0 in HTTP/1.1", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n");
            Refused("http in small letters", "GET / http/1.1\r\nHost: localhost\r\n\r\n");
            Refused("a NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Refused("a line within the target", "GET /a\rb HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Refused("a space in the method", "GET X / HTTP/1.1 \r\nHost: localhost\r\n\r\n");
            Refused("a method with a colon", "G:T / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Refused("a target that is no path", "GET smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Refused("CONNECT", "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n" + Hidden);
            Refused("absolute form and another Host", "GET http://internal/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
            OneAtMost("absolute form", "GET https://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Refused("Host twice", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: internal\r\n\r\n");
            Refused("Host with a path", "GET / HTTP/1.1\r\nHost: localhost/smuggled\r\n\r\n");
            Refused("Host with user information", "GET / HTTP/1.1\r\nHost: a@internal\r\n\r\n");
            Refused("Host with a space", "GET / HTTP/1.1\r\nHost: local host\r\n\r\n");
            OneAtMost("GET with a body", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + Hidden.Length + "\r\n\r\n" + Hidden);
            OneAtMost("encoded line breaks in the target", "GET /%0d%0aHost:%20internal%0d%0a HTTP/1.1\r\nHost: localhost\r\n\r\n");
            OneAtMost("upgrade to h2c", "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");
            OneAtMost("Content-Length named by Connection", Post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"));
            OneAtMost(
                "Transfer-Encoding named by Connection", Post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", Chunked));
            OneAtMost("Expect beside a body", Post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"));
            return table;

            void Refused(string what, string payload) => table.Add(what, payload, true);
            void OneAtMost(string what, string payload) => table.Add(what, payload, false);
        }
    }

    [Fact]
    public void Suite_contains_at_least_sixty_payloads() => Assert.True(Payloads.Count >= 60);

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task HTTP_1_payload_smuggles_no_request(string what, string payload, bool rejected)
    {
        await using var recorder = new RawRecorder();
        await using var proxy = await fixture.ForAsync(recorder.Url);
        await using var stream = await proxy.ConnectTlsAsync();

        await stream.WriteAsync(Encoding.Latin1.GetBytes(payload));
        await stream.FlushAsync();
        await stream.ShutdownAsync();
        var answer = await Raw.ReadToEndAsync(stream);

        // The payload must not affect the next client's request on the same upstream connection.
        using var client = RunningProxy.Client();
        Assert.Equal("recorded", await client.GetStringAsync(new Uri(proxy.Url, "/next")));

        var seen = recorder.Requests.ToList();
        Assert.Single(seen, r => r.StartsWith("GET /next HTTP/1.1\r\n", StringComparison.Ordinal));
        seen.RemoveAll(r => r.StartsWith("GET /next HTTP/1.1\r\n", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, r => r.StartsWith("GET /smuggled", StringComparison.Ordinal));
        if (rejected)
        {
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 5", StringComparison.Ordinal), $"{what}: {answer}");
            // A body that became invalid later may leave the beginning of its request behind, but never its end.
            Assert.All(seen, r => Assert.StartsWith("unframed: ", r, StringComparison.Ordinal));
        }
        else
        {
            Assert.StartsWith("HTTP/1.1 ", answer, StringComparison.Ordinal);
            Assert.True(seen.Count <= 1, $"{what}: {string.Join("\n---\n", seen)}");
            Assert.DoesNotContain(seen, r => r.StartsWith("unframed: ", StringComparison.Ordinal));
        }
    }

    public static TheoryData<string, string[], bool> Http2Payloads => new()
    {
        { "a line break in a value", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "x-a=b\r\nTransfer-Encoding: chunked"], true },
        { "a bare LF in a value", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "x-a=b\nx-b: c"], true },
        { "a bare CR in a value", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "x-a=b\rx-b: c"], true },
        { "a NUL in a value", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "x-a=b\0c"], true },
        { "a line break in a name", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "x-a: b\r\nx-b=c"], true },
        { "a colon in a name", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "x:a=b"], true },
        { "a name in capitals", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "X-A=b"], true },
        { "Transfer-Encoding", [":method=POST", ":path=/", ":scheme=https", ":authority=localhost", "transfer-encoding=chunked"], true },
        { "Connection", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "connection=close"], true },
        { "TE that is not trailers", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "te=chunked"], true },
        { "Content-Length without a body", [":method=POST", ":path=/", ":scheme=https", ":authority=localhost", "content-length=44"], true },
        { "two lengths", [":method=POST", ":path=/", ":scheme=https", ":authority=localhost", "content-length=0", "content-length=44"], true },
        { "a line break in the method", [":method=GET / HTTP/1.1\r\nX: ", ":path=/", ":scheme=https", ":authority=localhost"], true },
        { "a request in the path", [":method=GET", ":path=/ HTTP/1.1\r\nHost: internal\r\n\r\nGET /smuggled", ":scheme=https", ":authority=localhost"], true },
        { "a path that is no path", [":method=GET", ":path=smuggled", ":scheme=https", ":authority=localhost"], true },
        { "no path", [":method=GET", ":scheme=https", ":authority=localhost"], true },
        { "two paths", [":method=GET", ":path=/", ":path=/smuggled", ":scheme=https", ":authority=localhost"], true },
        { "two methods", [":method=GET", ":method=POST", ":path=/", ":scheme=https", ":authority=localhost"], true },
        { "a pseudo-header after a header", [":method=GET", ":path=/", "x-a=b", ":scheme=https", ":authority=localhost"], true },
        { "an unknown pseudo-header", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", ":evil=1"], true },
        { "a status in a request", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", ":status=200"], true },
        { "an authority with a line break", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost\r\nX: y"], true },
        { "an authority and another host", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "host=internal"], false },
        { "plain http as the scheme", [":method=GET", ":path=/", ":scheme=http", ":authority=localhost"], true },
        { "an empty name", [":method=GET", ":path=/", ":scheme=https", ":authority=localhost", "=b"], true },
    };

    [Theory]
    [MemberData(nameof(Http2Payloads))]
    public async Task HTTP_2_payload_smuggles_no_request(string what, string[] headers, bool rejected)
    {
        await using var recorder = new RawRecorder();
        await using var proxy = await fixture.ForAsync(recorder.Url);
        await using var stream = await proxy.ConnectTlsAsync(alpn: "h2");

        var status = await RawHttp2.RequestAsync(stream, headers);

        using var client = RunningProxy.Client();
        Assert.Equal("recorded", await client.GetStringAsync(new Uri(proxy.Url, "/next")));
        var seen = recorder.Requests.Where(r => !r.StartsWith("GET /next", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(
            seen, r => r.StartsWith("GET /smuggled", StringComparison.Ordinal) || r.Contains("internal", StringComparison.Ordinal));
        if (rejected)
        {
            Assert.True(status is 0 or >= 400, $"{what}: {status}");
            Assert.All(seen, r => Assert.StartsWith("unframed: ", r, StringComparison.Ordinal));
        }
        else
        {
            Assert.True(seen.Count <= 1, what);
        }
    }

    /// <summary>The Secret served by the proxies of these tests.</summary>
    public sealed class Proxy : IDisposable
    {
        private readonly MountedVolume _volume = new(new CertificateAuthority().IssueCertificate().SecretFiles);

        internal Task<RunningProxy> ForAsync(Uri upstream) => RunningProxy.StartAsync(
            _volume.Path, upstream, ["--Limits:HeaderTimeoutSeconds=2"]);

        public void Dispose() => _volume.Dispose();
    }

    private static string Post(string headers, string body) => $"POST /first HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{body}";
}
