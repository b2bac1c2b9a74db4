using System.Net;
using System.Net.Http.Headers;
using System.Text;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Authentication;

public sealed class JwtTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly JwtIssuer _tokens = new();
    private readonly JwtIssuer _strangers = new();
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        _volume.Dispose();
        _tokens.Dispose();
        _strangers.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task Valid_token_is_accepted_and_its_subject_forwarded()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await StartAsync(upstream, _tokens.Jwks(), "RS256,PS256,ES256");
        using var client = RunningProxy.Client();

        foreach (var token in new[] { _tokens.Make("RS256", "rsa"), _tokens.Make("PS256", "rsa"), _tokens.Make("ES256", "ec"), _tokens.Make("RS256", null) })
        {
            using var request = Request(proxy, token);
            request.Headers.Add("X-Forwarded-User", "mallory");
            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("X-Forwarded-User: alice\n", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Forged_foreign_and_expired_tokens_are_401_and_not_forwarded()
    {
        var seen = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref seen);
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(upstream, _tokens.Jwks(), "RS256,ES256");
        using var client = RunningProxy.Client();
        var good = _tokens.Make("RS256", "rsa");
        var parts = good.Split('.');
        var modulus = _tokens.Rsa.ExportParameters(false).Modulus!;
        var cases = new Dictionary<string, string?>
        {
            ["no token"] = null,
            ["not a token"] = "abc",
            ["alg none"] = _tokens.Make("none", "rsa"),
            ["alg None"] = _tokens.Make("None", "rsa"),
            ["alg empty"] = _tokens.Make("", "rsa"),
            ["no signature"] = $"{parts[0]}.{parts[1]}.",
            ["two parts"] = $"{parts[0]}.{parts[1]}",
            ["HMAC with the public key's PEM"] = _tokens.Make(
                "HS256", "rsa", secret: Encoding.ASCII.GetBytes(_tokens.Rsa.ExportSubjectPublicKeyInfoPem())),
            ["HMAC with the modulus"] = _tokens.Make("HS256", "rsa", secret: modulus),
            ["HMAC with the public key's DER"] = _tokens.Make("HS256", null, secret: _tokens.Rsa.ExportSubjectPublicKeyInfo()),
            ["HMAC with nothing"] = _tokens.Make("HS256", "rsa", secret: []),
            ["an algorithm that is not allowed"] = _tokens.Make("RS384", "rsa"),
            ["the EC key named for RSA"] = _tokens.Make("RS256", "ec"),
            ["the RSA key named for EC"] = _tokens.Make("ES256", "rsa"),
            ["a stranger's key under a known name"] = _strangers.Make("RS256", "rsa"),
            ["a stranger's EC key under a known name"] = _strangers.Make("ES256", "ec"),
            ["an unknown key"] = _tokens.Make("RS256", "other"),
            ["a key of the token's own"] = _strangers.Make("RS256", null, more: new() { ["jwk"] = new { kty = "RSA", n = JwtIssuer.Encode(_strangers.Rsa.ExportParameters(false).Modulus!), e = "AQAB" } }),
            ["a key file of the token's own"] = _strangers.Make(
                "RS256", "../../etc/passwd", more: new() { ["jku"] = "https://evil.example/jwks" }),
            ["other claims under a good signature"] = $"{parts[0]}.{JwtIssuer.Encode(Encoding.UTF8.GetBytes("{\"sub\":\"root\"}"))}.{parts[2]}",
            ["an empty EC signature"] = _tokens.Make("ES256", "ec").Split('.') is [var h, var c, _] ? $"{h}.{c}.{JwtIssuer.Encode(new byte[64])}" : "",
            ["expired"] = With("exp", DateTimeOffset.UtcNow.AddMinutes(-2).ToUnixTimeSeconds()),
            ["not valid yet"] = With("nbf", DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds()),
            ["no end"] = Without("exp"),
            ["an end that is no number"] = With("exp", "tomorrow"),
            ["another audience"] = With("aud", "billing"),
            ["no audience"] = Without("aud"),
            ["another issuer"] = With("iss", "https://evil.example"),
            ["no issuer"] = Without("iss"),
            ["no subject"] = Without("sub"),
            ["a subject that would be two headers"] = With("sub", "alice\r\nX-Admin: yes"),
            ["critical extensions"] = _tokens.Make("RS256", "rsa", more: new() { ["crit"] = new[] { "b64" }, ["b64"] = true }),
            ["five parts"] = "a.b.c.d.e",
            ["20 KB"] = With("padding", new string('x', 20_000)),
        };

        foreach (var (what, token) in cases)
        {
            using var request = Request(proxy, token);
            using var answer = await client.SendAsync(request);
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{what}: {answer.StatusCode}");
            Assert.StartsWith("Bearer", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }

        using var twice = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        twice.Headers.TryAddWithoutValidation("Authorization", ["Bearer " + good, "Bearer " + good]);
        using var rejected = await client.SendAsync(twice);
        Assert.Equal(HttpStatusCode.Unauthorized, rejected.StatusCode);
        Assert.Equal(0, seen);
        Assert.Equal(cases.Count + 1, await proxy.MetricAsync("tls_proxy_requests_refused_total{reason=\"unauthenticated\"}"));

        string With(string claim, object value) => _tokens.Make("RS256", "rsa", new(JwtIssuer.Claims()) { [claim] = value });

        string Without(string claim) => _tokens.Make("RS256", "rsa", JwtIssuer.Claims().Where(e => e.Key != claim).ToDictionary());
    }

    [Fact]
    public async Task Shared_secrets_work_only_where_HMAC_is_configured()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        using var client = RunningProxy.Client();
        await using (var proxy = await StartAsync(upstream, _tokens.SecretJwks(), "HS256"))
        {
            using var good = await client.SendAsync(Request(proxy, _tokens.Make("HS256", "shared")));
            Assert.Equal(HttpStatusCode.OK, good.StatusCode);
            using var other = await client.SendAsync(Request(proxy, _strangers.Make("HS256", "shared")));
            Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
        }

        await using var strict = await StartAsync(upstream, _tokens.SecretJwks(), null);
        using var rejected = await client.SendAsync(Request(strict, _tokens.Make("HS256", "shared")));
        Assert.Equal(HttpStatusCode.Unauthorized, rejected.StatusCode);
    }

    [Fact]
    public async Task Keys_rotate_without_a_restart_and_an_invalid_file_keeps_the_last_ones()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await StartAsync(upstream, _tokens.Jwks(), null);
        using var client = RunningProxy.Client();
        var (before, after) = (_tokens.Make("ES256", "ec"), _strangers.Make("ES256", "next"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(before));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(after));

        await File.WriteAllTextAsync(_file, _strangers.Jwks(ecKid: "next"));
        await Eventually.AssertAsync(async () => await StatusAsync(after) == HttpStatusCode.OK, "the new key");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(before));

        await File.WriteAllTextAsync(_file, "{ \"keys\": [");
        await Eventually.AssertAsync(
            async () =>
            {
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(after));
                return (await proxy.StatusAsync()).ToString().Contains("Web Key Set", StringComparison.Ordinal);
            },
            "the problem is withLength");

        async Task<HttpStatusCode> StatusAsync(string token)
        {
            using var request = Request(proxy, token);
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    private static HttpRequestMessage Request(RunningProxy proxy, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private async Task<RunningProxy> StartAsync(TestUpstream upstream, string jwks, string? algorithms)
    {
        await File.WriteAllTextAsync(_file, jwks);
        string[] args =
        [
            $"--Upstream:Metadata:Jwt.JwksFile={_file}", $"--Upstream:Metadata:Jwt.Issuer={JwtIssuer.Issuer}", $"--Upstream:Metadata:Jwt.Audience=other,{JwtIssuer.Audience}",
        ];
        return await RunningProxy.StartAsync(
            _volume.Path, upstream.Url, algorithms is null ? args : [.. args, $"--Upstream:Metadata:Jwt.Algorithms={algorithms}"]);
    }
}
