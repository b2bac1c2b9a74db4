using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Listeners;

public sealed class MutualTlsTests
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Stranger");

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_good_certificate_is_let_in_and_its_identity_passed_on_in_place_of_a_forged_one(SslProtocols protocol)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, ["--Tls:ClientCertificate=require"]);
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
    public async Task Every_other_client_is_refused(string kind)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, ["--Tls:ClientCertificate=require"]);
        using var certificate = kind switch
        {
            "none" => null,
            "stranger" => Client(_stranger),
            "self-signed" => _stranger.Root,
            "expired" => _authority.Issue(client: true, notAfter: DateTimeOffset.UtcNow.AddMinutes(-1)).ToCertificate(),
            _ => _authority.Issue().ToCertificate(),
        };
        using var client = RunningProxy.Client(certificate: certificate);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));

        using var good = RunningProxy.Client(certificate: Client(_authority));
        Assert.StartsWith("GET /", await good.GetStringAsync(proxy.Url), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_certificates_are_allowed_none_is_well_and_a_bad_one_is_not()
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, ["--Tls:ClientCertificate=allow"]);
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
    public async Task Only_whom_a_list_names_is_let_in(string list, bool welcome)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, ["--Tls:ClientCertificate=require", list]);
        using var certificate = Client(_authority, ["front.example.com"], "spiffe://c/ns/web/sa/frontend", "CN=frontend");
        using var client = RunningProxy.Client(certificate: certificate);

        if (welcome)
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
    public async Task A_name_that_stands_elsewhere_in_the_subject_is_no_common_name(string subject)
    {
        using var volume = Volume(_authority);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(
            volume.Directory, upstream.Url, ["--Tls:ClientCertificate=require", "--Tls:AllowedClients:CommonNames=frontend"]);
        using var certificate = Client(_authority, subject: subject);
        using var client = RunningProxy.Client(certificate: certificate);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(proxy.Url));

        Assert.NotEqual(0, await proxy.MetricAsync("tls_proxy_client_certificates_total{outcome=\"not_allowed\"}"));
    }

    [Fact]
    public async Task A_swapped_bundle_is_in_force_for_new_connections_and_one_without_authorities_is_rejected()
    {
        var pair = _authority.Issue();
        using var volume = new SecretVolume(new(pair.Files) { ["ca.crt"] = _authority.BundlePem });
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, ["--Tls:ClientCertificate=require"]);
        using var mine = Client(_authority);
        using var strangers = Client(_stranger);
        using var before = RunningProxy.Client(certificate: mine);
        await before.GetStringAsync(proxy.Url);

        volume.Swap(new(pair.Files) { ["ca.crt"] = _stranger.BundlePem });

        await Eventually.TrueAsync(() => LetsInAsync(proxy, strangers), "the new authority's client");
        Assert.False(await LetsInAsync(proxy, mine));
        // The connection that was let in lives on.
        await before.GetStringAsync(proxy.Url);

        volume.Swap(new(pair.Files) { ["ca.crt"] = "" });

        await Eventually.TrueAsync(async () => await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}") >= 1, "the rejection");
        Assert.True(await LetsInAsync(proxy, strangers));
        Assert.False(await LetsInAsync(proxy, mine));
    }

    [Fact]
    public async Task To_ask_for_certificates_without_authorities_is_refused_at_the_start()
    {
        using var volume = new SecretVolume(_authority.Issue().Files);

        var refused = await Assert.ThrowsAsync<ConfigurationException>(
            () => RunningProxy.StartAsync(volume.Directory, new Uri("http://127.0.0.1:1"), ["--Tls:ClientCertificate=require"]));

        Assert.Contains("ca.crt", refused.Message, StringComparison.Ordinal);
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

    private static SecretVolume Volume(TestCertificates authority) => new(new(authority.Issue().Files) { ["ca.crt"] = authority.BundlePem });

    /// <summary>A client's certificate. HttpClient sends the leaf alone, so the bundle has the intermediate too.</summary>
    private static X509Certificate2 Client(TestCertificates authority, string[]? names = null, string? uri = null, string? subject = null) =>
        authority.Issue(names ?? ["someone"], uri: uri, subject: subject, client: true).ToCertificate();
}
