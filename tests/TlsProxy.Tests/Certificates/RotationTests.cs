using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using TlsProxy.Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Certificates;

public sealed class RotationTests
{
    private readonly TestCertificates _authority = new();

    [Fact]
    public async Task The_leaf_and_its_chain_are_sent_so_that_a_client_who_knows_the_root_verifies()
    {
        using var volume = new SecretVolume(_authority.Issue().Files);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url);

        await using var stream = new SslStream(new System.Net.Sockets.NetworkStream(await proxy.ConnectAsync(), ownsSocket: true));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(_authority.Root);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy });

        Assert.Equal(SslProtocols.Tls13, stream.SslProtocol);
    }

    [Fact]
    public async Task A_swapped_Secret_is_served_to_new_connections_and_old_ones_live_on()
    {
        var first = _authority.Issue();
        var second = _authority.Issue();
        using var volume = new SecretVolume(first.Files);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url);
        using var client = RunningProxy.Client();
        Assert.Equal(first.Serial, await proxy.SerialAsync());
        await client.GetStringAsync(proxy.Url);

        volume.Swap(second.Files);

        await Eventually.TrueAsync(async () => await proxy.SerialAsync() == second.Serial, "the new serial");
        await client.GetStringAsync(proxy.Url);
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"applied\"}"));
        var status = (await proxy.StatusAsync()).GetProperty("certificates")[0];
        Assert.Equal(second.Serial, status.GetProperty("serial").GetString());
        Assert.InRange(status.GetProperty("days_left").GetDouble(), 89, 90.1);
        Assert.Contains("tls_proxy_certificate_expiry_timestamp_seconds{server_name=\"localhost\"} ", await proxy.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_directory_whose_files_are_overwritten_is_taken_too()
    {
        var first = _authority.Issue();
        var second = _authority.Issue();
        var directory = Directory.CreateTempSubdirectory("tls-").FullName;
        Write(directory, first);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(directory, upstream.Url);
        Assert.Equal(first.Serial, await proxy.SerialAsync());

        Write(directory, second);

        await Eventually.TrueAsync(async () => await proxy.SerialAsync() == second.Serial, "the new serial");
    }

    public static TheoryData<string> BrokenSwaps => new("mismatched key", "truncated PEM", "expired", "empty", "no files", "broken CA");

    [Theory]
    [MemberData(nameof(BrokenSwaps))]
    public async Task After_a_broken_swap_the_last_good_pair_is_served_and_metric_status_and_log_say_so(string kind)
    {
        var good = _authority.Issue();
        var next = _authority.Issue();
        using var volume = new SecretVolume(good.Files);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        using var log = new LogCapture();
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, adjust: builder => builder.Logging.AddProvider(log));

        volume.Swap(Broken(_authority, kind));

        await Eventually.TrueAsync(async () => await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}") >= 1, "the rejection");
        Assert.Equal(good.Serial, await proxy.SerialAsync());
        var status = await proxy.StatusAsync();
        Assert.Equal("rejected", status.GetProperty("certificates")[0].GetProperty("last_outcome").GetString());
        var problem = status.GetProperty("problems")[0];
        Assert.Contains(volume.Directory, problem.GetProperty("area").GetString(), StringComparison.Ordinal);
        Assert.EndsWith(status.GetProperty("certificates")[0].GetProperty("rejected_because").GetString() + ".", problem.GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.Matches(@"^[A-Z].*\.$", problem.GetProperty("remedy").GetString());
        await Eventually.TrueAsync(() => log.Of<CertificateStore>("Rejected").Count > 0, "the line in the log");

        volume.Swap(next.Files);

        await Eventually.TrueAsync(async () => await proxy.SerialAsync() == next.Serial, "the good one after it");
        Assert.Equal(0, (await proxy.StatusAsync()).GetProperty("problems").GetArrayLength());
        Assert.Equal(1, await proxy.MetricAsync("tls_proxy_certificate_reloads_total{outcome=\"rejected\"}"));
        var line = Assert.Single(log.Of<CertificateStore>("Rejected"));
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Contains(volume.Directory, line.Text, StringComparison.Ordinal);
        Assert.Contains(status.GetProperty("certificates")[0].GetProperty("rejected_because").GetString()!, line.Text, StringComparison.Ordinal);
        Assert.Contains($"Serial {good.Serial}, ", line.Text, StringComparison.Ordinal);
        Assert.EndsWith("is still served", line.Text, StringComparison.Ordinal);
    }

    // The kubelet swaps first and makes the links of new files after that.
    [Fact]
    public void A_file_that_has_no_link_yet_is_read_with_the_others()
    {
        var pair = _authority.Issue();
        using var volume = new SecretVolume(pair.Files);
        volume.Swap(new(pair.Files) { ["ca.crt"] = "an authority" });
        File.Delete(Path.Combine(volume.Directory, "ca.crt"));

        Assert.Equal("an authority", CertificateFiles.Read(volume.Directory).Authorities);
    }

    [Fact]
    public async Task Without_a_certificate_the_process_does_not_start_and_tells_of_every_directory()
    {
        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => RunningProxy.StartAsync(
            "/nowhere/tls", new Uri("http://127.0.0.1:1"), ["--Tls:Directories:api=/nowhere/api"]));

        Assert.Equal(["Tls:Directory", "Tls:Directories:api"], refused.Errors.Select(e => e.Key));
    }

    [Fact]
    public async Task A_further_directory_without_a_path_is_refused()
    {
        using var volume = new SecretVolume(_authority.Issue().Files);

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => RunningProxy.StartAsync(
            volume.Directory, new Uri("http://127.0.0.1:1"), ["--Tls:Directories:api="]));

        Assert.Equal("Tls:Directories:api", Assert.Single(refused.Errors).Key);
    }

    [Fact]
    public async Task Each_name_gets_its_own_certificate_and_an_unknown_one_the_default()
    {
        var pairs = new[] { _authority.Issue(["localhost"]), _authority.Issue(["*.example.com"]), _authority.Issue(["api.example.com"]) };
        using var main = new SecretVolume(pairs[0].Files);
        using var wild = new SecretVolume(pairs[1].Files);
        using var exact = new SecretVolume(pairs[2].Files);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(
            main.Directory, upstream.Url, [$"--Tls:Directories:wild={wild.Directory}", $"--Tls:Directories:api={exact.Directory}"]);

        Assert.Equal(pairs[0].Serial, await proxy.SerialAsync("localhost"));
        Assert.Equal(pairs[1].Serial, await proxy.SerialAsync("www.example.com"));
        Assert.Equal(pairs[2].Serial, await proxy.SerialAsync("api.example.com"));
        Assert.Equal(pairs[0].Serial, await proxy.SerialAsync("unknown.example.org"));

        var renewed = _authority.Issue(["*.example.com"]);
        wild.Swap(renewed.Files);
        await Eventually.TrueAsync(async () => await proxy.SerialAsync("www.example.com") == renewed.Serial, "the renewed wildcard");
        Assert.Equal(pairs[2].Serial, await proxy.SerialAsync("api.example.com"));
    }

    [Fact]
    public async Task Under_strict_SNI_an_unknown_name_gets_an_unrecognized_name_alert()
    {
        using var volume = new SecretVolume(_authority.Issue().Files);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, upstream.Url, ["--Tls:StrictSni=true"]);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => proxy.SerialAsync("unknown.example.org"));

        Assert.Contains("unrecognized name", refused.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(await proxy.SerialAsync("localhost"));
    }

    [Fact]
    public async Task A_reload_takes_further_directories()
    {
        var pairs = new[] { _authority.Issue(["localhost"]), _authority.Issue(["api.example.com"]) };
        using var main = new SecretVolume(pairs[0].Files);
        using var api = new SecretVolume(pairs[1].Files);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{}");
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await RunningProxy.StartAsync(main.Directory, upstream.Url, [$"--config={file}"]);
        using var client = new HttpClient();

        await File.WriteAllTextAsync(file, """{ "Tls": { "Directories": { "api": "/nowhere" } } }""");
        using var refused = await client.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal(pairs[0].Serial, await proxy.SerialAsync("api.example.com"));

        await File.WriteAllTextAsync(file, $$"""{ "Tls": { "Directories": { "api": "{{api.Directory}}" } } }""");
        using var applied = await client.PostAsync(new Uri(proxy.Management, "/-/reload"), null);
        Assert.Equal(HttpStatusCode.OK, applied.StatusCode);
        Assert.Equal(pairs[1].Serial, await proxy.SerialAsync("api.example.com"));
    }

    internal static Dictionary<string, string> Broken(TestCertificates authority, string kind)
    {
        var pair = authority.Issue();
        return kind switch
        {
            "mismatched key" => new() { ["tls.crt"] = pair.Certificates, ["tls.key"] = authority.Issue().Key },
            "truncated PEM" => new() { ["tls.crt"] = pair.Certificates[..^60], ["tls.key"] = pair.Key },
            "expired" => authority.Issue(notAfter: DateTimeOffset.UtcNow.AddMinutes(-5)).Files,
            "empty" => new() { ["tls.crt"] = "", ["tls.key"] = "" },
            "no files" => [],
            _ => new(pair.Files) { ["ca.crt"] = "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n" },
        };
    }

    private static void Write(string directory, TestCertificates.Pair pair)
    {
        foreach (var (name, content) in pair.Files)
        {
            File.WriteAllText(Path.Combine(directory, name), content);
        }
    }
}
