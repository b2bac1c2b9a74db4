using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Listeners;

public sealed class MutualTlsTests : IDisposable
{
    private readonly CertificateAuthority _authority = new();
    private readonly CertificateAuthority _stranger = new("Stranger");

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Trusted_certificate_is_accepted_and_replaces_a_forged_identity(SslProtocols protocol)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url, ["--Tls:ClientCertificate=require"]);
        using var certificate = Client(_authority, ["frontend"], "spiffe://cluster.local/ns/web/sa/frontend", "CN=front\\\"end,O=Shop");
        using var client = RunningProxy.Client(certificate: certificate, protocols: protocol);
        client.DefaultRequestHeaders.Add("X-Forwarded-Client-Cert", "forged");

        var seen = await client.GetStringAsync(proxy.Url);

        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);
        Assert.Contains($"X-Forwarded-Client-Cert: Hash={certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant()};Subject=\"", seen, StringComparison.Ordinal);
        Assert.Contains(";URI=\"spiffe://cluster.local/ns/web/sa/frontend\";DNS=\"frontend\"\n", seen, StringComparison.Ordinal);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_client_certificates_total{outcome=\"accepted\"}"));
    }

    public static TheoryData<string> BadClients => new("none", "stranger", "self-signed", "expired", "server's");

    [Theory]
    [MemberData(nameof(BadClients))]
    public async Task Untrusted_client_is_rejected(string kind)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url, ["--Tls:ClientCertificate=require"]);
        using var certificate = kind switch
        {
            "none" => null,
            "stranger" => Client(_stranger),
            "self-signed" => _stranger.Root,
            "expired" => _authority.IssueCertificate(isClient: true, notAfter: DateTimeOffset.UtcNow.AddMinutes(-1)).ToCertificate(),
            _ => _authority.IssueCertificate().ToCertificate(),
        };
        using var client = RunningProxy.Client(certificate: certificate);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));

        using var good = RunningProxy.Client(certificate: Client(_authority));
        Assert.StartsWith("GET /", await good.GetStringAsync(proxy.Url), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Optional_certificate_may_be_missing_but_not_invalid()
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url, ["--Tls:ClientCertificate=allow"]);
        using var without = RunningProxy.Client();
        using var bad = RunningProxy.Client(certificate: Client(_stranger));

        Assert.DoesNotContain("X-Forwarded-Client-Cert", await without.GetStringAsync(proxy.Url), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => bad.GetStringAsync(proxy.Url));
    }

    [Theory]
    [InlineData("--Tls:AllowedClients:CommonNames=frontend", true)]
    [InlineData("--Tls:AllowedClients:CommonNames=backend", false)]
    [InlineData("--Tls:AllowedClients:DnsNames=other,Front.Example.com", true)]
    [InlineData("--Tls:AllowedClients:DnsNames=example.com", false)]
    [InlineData("--Tls:AllowedClients:Uris=spiffe://c/ns/web/sa/frontend", true)]
    [InlineData("--Tls:AllowedClients:Uris=spiffe://c/ns/web/*", true)]
    [InlineData("--Tls:AllowedClients:Uris=spiffe://c/ns/w*", false)]
    [InlineData("--Tls:AllowedClients:Uris=spiffe://c/ns/other/*", false)]
    public async Task Only_listed_clients_are_accepted(string list, bool isAccepted)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url, ["--Tls:ClientCertificate=require", list]);
        using var certificate = Client(_authority, ["front.example.com"], "spiffe://c/ns/web/sa/frontend", "CN=frontend");
        using var client = RunningProxy.Client(certificate: certificate);

        if (isAccepted)
        {
            Assert.StartsWith("GET /", await client.GetStringAsync(proxy.Url), StringComparison.Ordinal);
        }
        else
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));
            Assert.NotEqual(0, await proxy.MetricAsync("tls_proxy_client_certificates_total{outcome=\"not_allowed\"}"));
        }
    }

    [Theory]
    [InlineData("O=frontend,C=DE")]
    [InlineData("OU=frontend,C=DE")]
    [InlineData("E=frontend,C=DE")]
    [InlineData("L=frontend")]
    [InlineData("CN=backend,CN=frontend")]
    public async Task Name_in_another_part_of_the_subject_is_not_a_common_name(string subject)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(
            volume.Path, upstream.Url, ["--Tls:ClientCertificate=require", "--Tls:AllowedClients:CommonNames=frontend"]);
        using var certificate = Client(_authority, subject: subject);
        using var client = RunningProxy.Client(certificate: certificate);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));

        Assert.NotEqual(0, await proxy.MetricAsync("tls_proxy_client_certificates_total{outcome=\"not_allowed\"}"));
    }

    [Fact]
    public async Task Swapped_bundle_applies_to_new_connections_and_an_empty_one_is_rejected()
    {
        var pair = _authority.IssueCertificate();
        using var volume = new MountedVolume(new Dictionary<string, string>(pair.SecretFiles) { ["ca.crt"] = _authority.BundlePem });
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url, ["--Tls:ClientCertificate=require"]);
        using var mine = Client(_authority);
        using var strangers = Client(_stranger);
        using var before = RunningProxy.Client(certificate: mine);
        await before.GetStringAsync(proxy.Url);

        volume.ReplaceFiles(new Dictionary<string, string>(pair.SecretFiles) { ["ca.crt"] = _stranger.BundlePem });

        await Eventually.AssertAsync(() => LetsInAsync(proxy, strangers), "the new authority's client");
        Assert.False(await LetsInAsync(proxy, mine));
        // The accepted connection stays open.
        await before.GetStringAsync(proxy.Url);

        volume.ReplaceFiles(new Dictionary<string, string>(pair.SecretFiles) { ["ca.crt"] = "" });

        await Eventually.AssertAsync(
            async () => await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}") >= 1, "the rejection");
        Assert.True(await LetsInAsync(proxy, strangers));
        Assert.False(await LetsInAsync(proxy, mine));
    }

    [Fact]
    public async Task Client_certificates_without_authorities_are_rejected_at_startup()
    {
        using var volume = new MountedVolume(_authority.IssueCertificate().SecretFiles);

        var rejected = await Assert.ThrowsAsync<ConfigurationException>(
            () => RunningProxy.StartAsync(volume.Path, new Uri("http://127.0.0.1:1"), ["--Tls:ClientCertificate=require"]));

        Assert.Contains("ca.crt", rejected.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> LetsInAsync(RunningProxy proxy, X509Certificate2 certificate)
    {
        using var client = RunningProxy.Client(certificate: certificate);
        try
        {
            await client.GetStringAsync(proxy.Url);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static MountedVolume Volume(CertificateAuthority authority) => new(
        new Dictionary<string, string>(authority.IssueCertificate().SecretFiles) { ["ca.crt"] = authority.BundlePem });

    /// <summary>A client certificate. HttpClient sends only the leaf, so the bundle contains the intermediate as well.</summary>
    private static X509Certificate2 Client(
        CertificateAuthority authority, string[]? names = null, string? uri = null, string? subject = null) =>
        authority.IssueCertificate(names ?? ["someone"], uri: uri, subject: subject, isClient: true).ToCertificate();
}
