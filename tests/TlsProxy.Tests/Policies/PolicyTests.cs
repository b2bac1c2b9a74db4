using System.Net;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Policies;

public sealed class PolicyTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly RouteFile _routes = new();
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        _volume.Dispose();
        _routes.Dispose();
        File.Delete(_file);
    }

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "Retry.Attempts", "many", "number from 0 to 10" },
        { "Retry.Attempts", "1.5", "whole number" },
        { "Retry.StatusCodes", "500", "500" },
        { "Retry.BudgetPercent", "101", "0 to 100" },
        { "Canary.Percent", "10", "Canary.Cluster" },
        { "Canary.Cluster", "nowhere", "is not a configured cluster" },
        { "Mirror.Cluster", "nowhere", "is not a configured cluster" },
        { "Mirror.BodyBytes", "-1", "number from 0" },
        { "Fault.AbortStatus", "200", "400 to 599" },
        { "Fault.DelayPercent", "10", "Fault.DelayMilliseconds" },
        { "RateLimit.WindowSeconds", "1", "RateLimit.Requests" },
        { "RateLimit.By", "moon", "client, identity" },
        { "ApiKey.File", "/nowhere/keys", "/nowhere/keys" },
        { "ApiKey.Header", "X Key", "ApiKey.File" },
        { "Jwt.JwksFile", "/nowhere/jwks", "Jwt.Audience" },
        { "Jwt.Algorithms", "none", "none" },
        { "Token.File", "/nowhere/token", "/nowhere/token" },
        { "Retry.Atempts", "1", "is unknown. Known keys:" },
        { "Retries", "1", "is unknown" },
        { "Fault.AbortPercent", "", "is empty" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Invalid_route_metadata_is_rejected_with_its_key(string key, string value, string message)
    {
        _routes.Write(new() { [key] = value }, ("app", [new("http://127.0.0.1:1")]));

        var rejected = await Assert.ThrowsAsync<ConfigurationException>(() => _routes.StartAsync(_volume.Path));

        Assert.Contains(rejected.Errors, e => e.Key.StartsWith("ReverseProxy:Routes:all:Metadata:", StringComparison.Ordinal));
        Assert.Contains(message, rejected.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice", "Line 1")]
    [InlineData("# nobody", "no key")]
    [InlineData("alice short", "Line 1")]
    [InlineData("alice sha256:zz", "Line 1")]
    [InlineData("alice 0123456789abcdef\nbob 0123456789abcdef", "Line 2")]
    public async Task Invalid_key_file_is_rejected_without_revealing_a_key(string content, string message)
    {
        await File.WriteAllTextAsync(_file, content);
        _routes.Write(new() { ["ApiKey.File"] = _file }, ("app", [new("http://127.0.0.1:1")]));

        var rejected = await Assert.ThrowsAsync<ConfigurationException>(() => _routes.StartAsync(_volume.Path));

        Assert.Contains(message, rejected.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789", rejected.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"keys":[]}""", "no key")]
    [InlineData("""{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}""", "40 bits")]
    [InlineData("""{"keys":[{"kty":"RSA","kid":"weak","n":"AQABAQABAQAB","e":"AQAB"}]}""", "'weak'")]
    [InlineData("""{"keys":[{"kty":"EC","crv":"P-192","x":"AA","y":"AA"}]}""", "P-256")]
    [InlineData("""{"keys":[{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}]}""", "no key")]
    [InlineData("""not json""", "Web Key Set")]
    public async Task JWKS_without_a_strong_verification_key_is_rejected(string jwks, string message)
    {
        await File.WriteAllTextAsync(_file, jwks);
        _routes.Write(
            new() { ["Jwt.JwksFile"] = _file, ["Jwt.Issuer"] = "i", ["Jwt.Audience"] = "a" }, ("app", [new("http://127.0.0.1:1")]));

        var rejected = await Assert.ThrowsAsync<ConfigurationException>(() => _routes.StartAsync(_volume.Path));

        Assert.Contains(message, rejected.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_reports_every_error_and_changes_nothing()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        _routes.Write(new() { ["Fault.AbortPercent"] = "100", ["Fault.AbortStatus"] = "418" }, ("app", [upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();
        using var management = new HttpClient();
        Assert.Equal(418, await StatusAsync());

        _routes.Write(
            new() { ["Fault.AbortPercent"] = "lots", ["Retry.Attempts"] = "99", ["Canary.Cluster"] = "nowhere" }, ("app", [upstream.Url]));
        using var rejected = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        var errors = await rejected.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, rejected.StatusCode);
        Assert.Contains("Metadata:Fault.AbortPercent", errors, StringComparison.Ordinal);
        Assert.Contains("Metadata:Retry.Attempts", errors, StringComparison.Ordinal);
        Assert.Contains("Metadata:Canary.Cluster", errors, StringComparison.Ordinal);
        Assert.Equal(418, await StatusAsync());

        _routes.Write(null, ("app", [upstream.Url]));
        using var applied = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        await Eventually.AssertAsync(async () => await StatusAsync() == 200, "no more faults");

        async Task<int> StatusAsync()
        {
            using var answer = await client.GetAsync(proxy.Url);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task Upstream_metadata_uses_the_route_keys_and_can_be_reloaded()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await File.WriteAllTextAsync(_file, """{ "Upstream": { "Metadata": { "Fault.AbortStatus": "418" } } }""");
        await using var proxy = await RunningProxy.StartAsync(_volume.Path, upstream.Url, [$"--config={_file}"]);
        using var client = RunningProxy.Client();
        using var management = new HttpClient();
        using var teapot = await client.GetAsync(proxy.Url);
        Assert.Equal(418, (int)teapot.StatusCode);

        await File.WriteAllTextAsync(_file, """{ "Upstream": { "Metadata": { "Fault.AbortStatus": "200" } } }""");
        using var rejected = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, rejected.StatusCode);

        await File.WriteAllTextAsync(_file, "{}");
        using var applied = await management.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        using var served = await client.GetAsync(proxy.Url);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Fact]
    public async Task Canary_without_clusters_is_rejected()
    {
        var rejected = await Assert.ThrowsAsync<ConfigurationException>(() => RunningProxy.StartAsync(
            _volume.Path, new Uri("http://127.0.0.1:1"), ["--Upstream:Metadata:Canary.Cluster=next", "--Upstream:Metadata:Canary.Percent=1"]));

        Assert.Contains(rejected.Errors, e => e.Key == "Upstream:Metadata:Canary.Cluster" && e.Message.Contains(
            "ReverseProxy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Route_uses_its_own_egress_token_and_rotates_it()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await File.WriteAllTextAsync(_file, "first\n");
        _routes.Write(new() { ["Token.File"] = _file }, ("app", [upstream.Url]));
        await using var proxy = await _routes.StartAsync(_volume.Path);
        using var client = RunningProxy.Client();
        client.DefaultRequestHeaders.Add("Authorization", "Bearer mine");

        Assert.Contains("Authorization: Bearer first\n", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
        await File.WriteAllTextAsync(_file, "second\n");
        await Eventually.AssertAsync(
            async () => (await client.GetStringAsync(proxy.Url)).Contains("Authorization: Bearer second\n", StringComparison.Ordinal), "the new token");
    }
}
