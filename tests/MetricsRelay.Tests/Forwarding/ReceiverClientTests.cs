using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MetricsRelay.Forwarding;
using MetricsRelay.Forwarding.RemoteWrite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MetricsRelay.Tests.Forwarding;

/// <summary>The connection to a receiver: TLS and credentials from files that are rotated.</summary>
public sealed class ReceiverClientTests
{
    [Fact]
    public async Task Only_certificates_of_the_current_ca_file_are_trusted()
    {
        using var directory = new TemporaryDirectory();
        using var right = new CertificateAuthority("right", hasIntermediate: false);
        using var wrong = new CertificateAuthority("wrong", hasIntermediate: false);
        await using var server = await TlsServer.StartAsync(IssueServer(right), null);
        var ca = Path.Combine(directory.Path, "ca.pem");
        using var client = new ReceiverClient(new RemoteWriteOptions { CaFile = ca }, TimeProvider.System);

        Assert.Contains("ca.pem", (await SendAsync(client, server)).Failure!.Value.Reason, StringComparison.Ordinal);
        await File.WriteAllTextAsync(ca, wrong.RootPem);
        Assert.Equal("connection", (await SendAsync(client, server)).Failure!.Value.Outcome);
        await File.WriteAllTextAsync(ca, right.RootPem);
        Assert.True((await SendAsync(client, server)).IsSuccess);
    }

    [Fact]
    public async Task Certificate_of_an_unknown_authority_is_rejected_without_a_ca_file()
    {
        using var authority = new CertificateAuthority("stranger", hasIntermediate: false);
        await using var server = await TlsServer.StartAsync(IssueServer(authority), null);
        using var client = new ReceiverClient(new RemoteWriteOptions(), TimeProvider.System);

        var failure = (await SendAsync(client, server)).Failure!.Value;

        Assert.Equal("connection", failure.Outcome);
        Assert.Contains("certificate", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_presents_its_certificate_and_a_rotated_one_after_both_files_changed()
    {
        using var directory = new TemporaryDirectory();
        using var authority = new CertificateAuthority("authority", hasIntermediate: false);
        await using var server = await TlsServer.StartAsync(IssueServer(authority), authority);
        var (ca, certificate, key) = (Path.Combine(directory.Path, "ca.pem"), Path.Combine(directory.Path, "tls.crt"), Path.Combine(directory.Path, "tls.key"));
        await File.WriteAllTextAsync(ca, authority.RootPem);
        using var client = new ReceiverClient(
            new RemoteWriteOptions { CaFile = ca, ClientCertificateFile = certificate, ClientKeyFile = key }, TimeProvider.System);

        await WriteFilesAsync("first");
        Assert.True((await SendAsync(client, server)).IsSuccess);
        // During the rotation, one file is replaced before the other.
        var next = IssueClient(authority, "second");
        await File.WriteAllTextAsync(certificate, next.LeafPem);
        Assert.Equal("connection", (await SendAsync(client, server)).Failure!.Value.Outcome);
        await File.WriteAllTextAsync(key, next.KeyPem);
        Assert.True((await SendAsync(client, server)).IsSuccess);

        Assert.Equal(["CN=first", "CN=second"], server.Clients);

        async Task WriteFilesAsync(string name)
        {
            var issued = IssueClient(authority, name);
            await File.WriteAllTextAsync(certificate, issued.LeafPem);
            await File.WriteAllTextAsync(key, issued.KeyPem);
        }
    }

    [Fact]
    public async Task Password_file_is_read_again_for_each_request()
    {
        using var directory = new TemporaryDirectory();
        var password = Path.Combine(directory.Path, "password");
        await using var target = await FakeTarget.StartAsync("");
        using var client = new ReceiverClient(new RemoteWriteOptions { Username = "me", PasswordFile = password }, TimeProvider.System);

        foreach (var now in (string[])["one", "two\n"])
        {
            await File.WriteAllTextAsync(password, now);
            using var request = new HttpRequestMessage(HttpMethod.Post, target.Url);
            Assert.True((await client.SendRequestAsync(request, CancellationToken.None)).IsSuccess);
            Assert.Equal($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{now.Trim()}"))}", target.LastHeaders!.Authorization);
        }

        File.Delete(password);
        using var without = new HttpRequestMessage(HttpMethod.Post, target.Url);
        Assert.Contains("password", (await client.SendRequestAsync(without, CancellationToken.None)).Failure!.Value.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "Api-Token mine")]
    [InlineData(true, "Bearer theirs")]
    public async Task Authorization_header_is_replaced_only_by_credentials_in_the_options(bool hasToken, string expected)
    {
        using var directory = new TemporaryDirectory();
        var token = Path.Combine(directory.Path, "token");
        await File.WriteAllTextAsync(token, "theirs\n");
        await using var target = await FakeTarget.StartAsync("");
        using var client = new ReceiverClient(new RemoteWriteOptions { BearerTokenFile = hasToken ? token : "" }, TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url);
        request.Headers.TryAddWithoutValidation("Authorization", "Api-Token mine");

        Assert.True((await client.SendRequestAsync(request, CancellationToken.None)).IsSuccess);

        Assert.Equal(expected, target.LastHeaders!.Authorization);
    }

    [Theory]
    [InlineData("4294968", 300)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 300)]
    [InlineData("7", 7)]
    public async Task Retry_after_of_a_receiver_is_limited_to_five_minutes(string after, int seconds)
    {
        await using var server = await FakeTarget.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = after;
            return Task.CompletedTask;
        });
        using var client = new ReceiverClient(new RemoteWriteOptions(), TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);

        Assert.Equal(TimeSpan.FromSeconds(seconds), (await client.SendRequestAsync(request, CancellationToken.None)).RetryAfter);
    }

    [Theory]
    [InlineData("--RemoteWrite:Url=ftp://x", "RemoteWrite:Url")]
    [InlineData("--RemoteWrite:Version=3.0", "RemoteWrite:Version")]
    [InlineData("--Otlp:ClientKeyFile=/x", "Otlp:ClientKeyFile")]
    [InlineData("--Pushgateway:Method=PATCH", "Pushgateway:Method")]
    [InlineData("--Pushgateway:Grouping:job=x", "Pushgateway:Grouping:job")]
    public async Task Invalid_receiver_is_rejected_with_its_configuration_key(string flag, string key)
    {
        var (exitCode, _, errors) = await RelayProcess.RunAsync(flag);

        Assert.Equal(2, exitCode);
        Assert.Contains(key, errors, StringComparison.Ordinal);
    }

    private static IssuedCertificate IssueServer(CertificateAuthority authority) =>
        authority.IssueCertificate(["localhost", "127.0.0.1"], subject: "CN=server");

    private static IssuedCertificate IssueClient(CertificateAuthority authority, string name) =>
        authority.IssueCertificate(["localhost"], subject: $"CN={name}", isClient: true);

    private static async Task<ReceiverResponse> SendAsync(ReceiverClient client, TlsServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
        return await client.SendRequestAsync(request, CancellationToken.None);
    }

    /// <summary>A real HTTPS server that records the subjects of client certificates.</summary>
    private sealed class TlsServer(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<string> Clients { get; } = new();

        public Uri Url => new(app.Urls.First());

        public static async Task<TlsServer> StartAsync(IssuedCertificate own, CertificateAuthority? clients)
        {
            using var pem = own.ToCertificate();
            var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = clients is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (client, _, _) => clients!.HasIssued(client);
            })));
            var app = builder.Build();
            var server = new TlsServer(app);
            app.Run(context =>
            {
                if (context.Connection.ClientCertificate is { } client)
                {
                    server.Clients.Enqueue(client.Subject);
                }

                return Task.CompletedTask;
            });
            await app.StartAsync();
            return server;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
