using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using TlsProxy.Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Certificates;

public sealed class RotationTests : IDisposable
{
    private readonly CertificateAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Chain_is_sent_so_that_a_client_with_the_root_can_verify_it()
    {
        using var volume = new MountedVolume(_authority.IssueCertificate().SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url);

        await using var stream = new SslStream(new System.Net.Sockets.NetworkStream(await proxy.ConnectAsync(), ownsSocket: true));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(_authority.Root);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy });

        Assert.Equal(SslProtocols.Tls13, stream.SslProtocol);
    }

    [Fact]
    public async Task Swapped_Secret_is_served_to_new_connections_and_old_ones_stay_open()
    {
        var first = _authority.IssueCertificate();
        var second = _authority.IssueCertificate();
        using var volume = new MountedVolume(first.SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url);
        using var client = RunningProxy.Client();
        Assert.Equal(first.SerialNumber, await proxy.SerialAsync());
        await client.GetStringAsync(proxy.Url);

        volume.ReplaceFiles(second.SecretFiles);

        await Eventually.AssertAsync(async () => await proxy.SerialAsync() == second.SerialNumber, "the new serial");
        await client.GetStringAsync(proxy.Url);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"applied\"}"));
        var status = (await proxy.StatusAsync()).GetProperty("certificates")[0];
        Assert.Equal(second.SerialNumber, status.GetProperty("serial").GetString());
        Assert.InRange(status.GetProperty("days_left").GetDouble(), 89, 90.1);
        Assert.Contains("tls_proxy_certificate_expiry_timestamp_seconds{server_name=\"localhost\"} ", await proxy.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overwritten_files_of_a_plain_directory_are_served()
    {
        var first = _authority.IssueCertificate();
        var second = _authority.IssueCertificate();
        var directory = Directory.CreateTempSubdirectory("tls-").FullName;
        Write(directory, first);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(directory, upstream.Url);
        Assert.Equal(first.SerialNumber, await proxy.SerialAsync());

        Write(directory, second);

        await Eventually.AssertAsync(async () => await proxy.SerialAsync() == second.SerialNumber, "the new serial");
    }

    public static TheoryData<string> BrokenSwaps => new("mismatched key", "truncated PEM", "expired", "empty", "no files", "broken CA");

    [Theory]
    [MemberData(nameof(BrokenSwaps))]
    public async Task Invalid_swap_keeps_the_last_certificate_and_is_reported_everywhere(string kind)
    {
        var good = _authority.IssueCertificate();
        var next = _authority.IssueCertificate();
        using var volume = new MountedVolume(good.SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        using var log = new LogCapture();
        await using var proxy = await RunningProxy.StartAsync(
            volume.Path, upstream.Url, adjust: builder => builder.Logging.AddProvider(log));

        volume.ReplaceFiles(Broken(_authority, kind));

        await Eventually.AssertAsync(
            async () => await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}") >= 1, "the rejection");
        Assert.Equal(good.SerialNumber, await proxy.SerialAsync());
        var status = await proxy.StatusAsync();
        Assert.Equal("rejected", status.GetProperty("certificates")[0].GetProperty("last_outcome").GetString());
        var problem = status.GetProperty("problems")[0];
        Assert.Contains(volume.Path, problem.GetProperty("area").GetString(), StringComparison.Ordinal);
        Assert.EndsWith(status.GetProperty("certificates")[0].GetProperty("last_error").GetString() + ".", problem.GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.Matches(@"^[A-Z].*\.$", problem.GetProperty("remedy").GetString());
        await Eventually.AssertAsync(() => log.Of<CertificateStore>("CertificateRejected").Count > 0, "the line in the log");

        volume.ReplaceFiles(next.SecretFiles);

        await Eventually.AssertAsync(async () => await proxy.SerialAsync() == next.SerialNumber, "the good one after it");
        Assert.Equal(0, (await proxy.StatusAsync()).GetProperty("problems").GetArrayLength());
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}"));
        var line = Assert.Single(log.Of<CertificateStore>("CertificateRejected"));
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Contains(volume.Path, line.Text, StringComparison.Ordinal);
        Assert.Contains(status.GetProperty("certificates")[0].GetProperty("last_error").GetString()!, line.Text, StringComparison.Ordinal);
        Assert.Contains($"Still serving serial {good.SerialNumber}, ", line.Text, StringComparison.Ordinal);
    }

    // The kubelet swaps the directory first, and creates the links of new files afterwards.
    [Fact]
    public void File_without_a_link_yet_is_read_with_the_others()
    {
        var pair = _authority.IssueCertificate();
        using var volume = new MountedVolume(pair.SecretFiles);
        volume.ReplaceFiles(new Dictionary<string, string>(pair.SecretFiles) { ["ca.crt"] = "an authority" });
        File.Delete(Path.Combine(volume.Path, "ca.crt"));

        Assert.Equal("an authority", CertificateFiles.ReadConsistent(volume.Path).Authorities);
    }

    [Fact]
    public async Task Start_without_certificates_fails_and_names_every_directory()
    {
        var rejected = await Assert.ThrowsAsync<ConfigurationException>(() => RunningProxy.StartAsync(
            "/nowhere/tls", new Uri("http://127.0.0.1:1"), ["--Tls:Directories:api=/nowhere/api"]));

        Assert.Equal(["Tls:Directory", "Tls:Directories:api"], rejected.Errors.Select(e => e.Key));
    }

    [Fact]
    public async Task Additional_directory_without_a_path_is_rejected()
    {
        using var volume = new MountedVolume(_authority.IssueCertificate().SecretFiles);

        var rejected = await Assert.ThrowsAsync<ConfigurationException>(() => RunningProxy.StartAsync(
            volume.Path, new Uri("http://127.0.0.1:1"), ["--Tls:Directories:api="]));

        Assert.Equal("Tls:Directories:api", Assert.Single(rejected.Errors).Key);
    }

    [Fact]
    public async Task Each_name_receives_its_certificate_and_an_unknown_name_the_default()
    {
        var pairs = new[] { _authority.IssueCertificate(["localhost"]), _authority.IssueCertificate(["*.example.com"]), _authority.IssueCertificate(["api.example.com"]) };
        using var main = new MountedVolume(pairs[0].SecretFiles);
        using var wild = new MountedVolume(pairs[1].SecretFiles);
        using var exact = new MountedVolume(pairs[2].SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(
            main.Path, upstream.Url, [$"--Tls:Directories:wild={wild.Path}", $"--Tls:Directories:api={exact.Path}"]);

        Assert.Equal(pairs[0].SerialNumber, await proxy.SerialAsync("localhost"));
        Assert.Equal(pairs[1].SerialNumber, await proxy.SerialAsync("www.example.com"));
        Assert.Equal(pairs[2].SerialNumber, await proxy.SerialAsync("api.example.com"));
        Assert.Equal(pairs[0].SerialNumber, await proxy.SerialAsync("unknown.example.org"));

        var renewed = _authority.IssueCertificate(["*.example.com"]);
        wild.ReplaceFiles(renewed.SecretFiles);
        await Eventually.AssertAsync(
            async () => await proxy.SerialAsync("www.example.com") == renewed.SerialNumber, "the renewed wildcard");
        Assert.Equal(pairs[2].SerialNumber, await proxy.SerialAsync("api.example.com"));
    }

    [Fact]
    public async Task Unknown_name_with_strict_SNI_receives_an_unrecognized_name_alert()
    {
        using var volume = new MountedVolume(_authority.IssueCertificate().SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, upstream.Url, ["--Tls:StrictSni=true"]);

        var rejected = await Assert.ThrowsAnyAsync<Exception>(() => proxy.SerialAsync("unknown.example.org"));

        Assert.Contains("unrecognized name", rejected.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(await proxy.SerialAsync("localhost"));
    }

    [Fact]
    public async Task Reload_applies_additional_directories()
    {
        var pairs = new[] { _authority.IssueCertificate(["localhost"]), _authority.IssueCertificate(["api.example.com"]) };
        using var main = new MountedVolume(pairs[0].SecretFiles);
        using var api = new MountedVolume(pairs[1].SecretFiles);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{}");
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(main.Path, upstream.Url, [$"--config={file}"]);
        using var client = new HttpClient();

        await File.WriteAllTextAsync(file, """{ "Tls": { "Directories": { "api": "/nowhere" } } }""");
        using var rejected = await client.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, rejected.StatusCode);
        Assert.Equal(pairs[0].SerialNumber, await proxy.SerialAsync("api.example.com"));

        await File.WriteAllTextAsync(file, $$"""{ "Tls": { "Directories": { "api": "{{api.Path}}" } } }""");
        using var applied = await client.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        Assert.Equal(pairs[1].SerialNumber, await proxy.SerialAsync("api.example.com"));
    }

    internal static Dictionary<string, string> Broken(CertificateAuthority authority, string kind)
    {
        var pair = authority.IssueCertificate();
        return kind switch
        {
            "mismatched key" => new() { ["tls.crt"] = pair.CertificatesPem, ["tls.key"] = authority.IssueCertificate().KeyPem },
            "truncated PEM" => new() { ["tls.crt"] = pair.CertificatesPem[..^60], ["tls.key"] = pair.KeyPem },
            "expired" => authority.IssueCertificate(notAfter: DateTimeOffset.UtcNow.AddMinutes(-5)).SecretFiles,
            "empty" => new() { ["tls.crt"] = "", ["tls.key"] = "" },
            "no files" => [],
            _ => new Dictionary<string, string>(pair.SecretFiles) { ["ca.crt"] = "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n" },
        };
    }

    private static void Write(string directory, IssuedCertificate pair)
    {
        foreach (var (name, content) in pair.SecretFiles)
        {
            File.WriteAllText(Path.Combine(directory, name), content);
        }
    }
}
