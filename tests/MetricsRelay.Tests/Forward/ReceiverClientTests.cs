using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MetricsRelay.Forward;
using MetricsRelay.RemoteWrite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace MetricsRelay.Tests.Forward;

/// <summary>How any receiver is spoken to: TLS and credentials from files that rotate.</summary>
public sealed class ReceiverClientTests
{
    [Fact]
    public async Task A_certificate_of_the_given_authority_is_trusted_and_no_other_and_rotation_is_followed()
    {
        using var directory = new TemporaryFolder();
        using var right = new Certificates("right");
        using var wrong = new Certificates("wrong");
        await using var server = await TlsServer.StartAsync(right.Issue("server"), null);
        var ca = Path.Combine(directory.Path, "ca.pem");
        using var client = new ReceiverClient(new RemoteWriteOptions { CaFile = ca }, TimeProvider.System);

        Assert.Contains("ca.pem", (await SendAsync(client, server)).Failure!.Value.Reason, StringComparison.Ordinal);
        await File.WriteAllTextAsync(ca, wrong.Pem);
        Assert.Equal("connection", (await SendAsync(client, server)).Failure!.Value.Outcome);
        await File.WriteAllTextAsync(ca, right.Pem);
        Assert.True((await SendAsync(client, server)).IsSuccess);
    }

    [Fact]
    public async Task Without_an_authority_of_its_own_a_strangers_certificate_is_refused()
    {
        using var authority = new Certificates("stranger");
        await using var server = await TlsServer.StartAsync(authority.Issue("server"), null);
        using var client = new ReceiverClient(new RemoteWriteOptions(), TimeProvider.System);

        var failure = (await SendAsync(client, server)).Failure!.Value;

        Assert.Equal("connection", failure.Outcome);
        Assert.Contains("certificate", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_shows_its_certificate_and_the_new_one_once_the_files_have_it()
    {
        using var directory = new TemporaryFolder();
        using var authority = new Certificates("authority");
        await using var server = await TlsServer.StartAsync(authority.Issue("server"), authority);
        var (ca, certificate, key) = (Path.Combine(directory.Path, "ca.pem"), Path.Combine(directory.Path, "tls.crt"), Path.Combine(directory.Path, "tls.key"));
        await File.WriteAllTextAsync(ca, authority.Pem);
        using var client = new ReceiverClient(
            new RemoteWriteOptions { CaFile = ca, ClientCertificateFile = certificate, ClientKeyFile = key }, TimeProvider.System);

        await WriteAsync("first");
        Assert.True((await SendAsync(client, server)).IsSuccess);
        // As a Secret is swapped: the one file before the other.
        var (next, nextKey) = authority.Issue("second");
        await File.WriteAllTextAsync(certificate, next);
        Assert.Equal("connection", (await SendAsync(client, server)).Failure!.Value.Outcome);
        await File.WriteAllTextAsync(key, nextKey);
        Assert.True((await SendAsync(client, server)).IsSuccess);

        Assert.Equal(["CN=first", "CN=second"], server.Clients);

        async Task WriteAsync(string name)
        {
            var (issued, issuedKey) = authority.Issue(name);
            await File.WriteAllTextAsync(certificate, issued);
            await File.WriteAllTextAsync(key, issuedKey);
        }
    }

    [Fact]
    public async Task A_password_comes_from_a_file_that_is_read_for_each_request()
    {
        using var directory = new TemporaryFolder();
        var password = Path.Combine(directory.Path, "password");
        await using var target = await FakeTarget.StartAsync("");
        using var client = new ReceiverClient(new RemoteWriteOptions { Username = "me", PasswordFile = password }, TimeProvider.System);

        foreach (var now in (string[])["one", "two\n"])
        {
            await File.WriteAllTextAsync(password, now);
            using var request = new HttpRequestMessage(HttpMethod.Post, target.Url);
            Assert.True((await client.SendAsync(request, CancellationToken.None)).IsSuccess);
            Assert.Equal($"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"me:{now.Trim()}"))}", target.LastHeaders!.Authorization);
        }

        File.Delete(password);
        using var without = new HttpRequestMessage(HttpMethod.Post, target.Url);
        Assert.Contains("password", (await client.SendAsync(without, CancellationToken.None)).Failure!.Value.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "Api-Token mine")]
    [InlineData(true, "Bearer theirs")]
    public async Task An_authorization_among_the_headers_stays_unless_the_options_have_credentials(bool hasToken, string expected)
    {
        using var directory = new TemporaryFolder();
        var token = Path.Combine(directory.Path, "token");
        await File.WriteAllTextAsync(token, "theirs\n");
        await using var target = await FakeTarget.StartAsync("");
        using var client = new ReceiverClient(new RemoteWriteOptions { BearerTokenFile = hasToken ? token : "" }, TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, target.Url);
        request.Headers.TryAddWithoutValidation("Authorization", "Api-Token mine");

        Assert.True((await client.SendAsync(request, CancellationToken.None)).IsSuccess);

        Assert.Equal(expected, target.LastHeaders!.Authorization);
    }

    [Theory]
    [InlineData("4294968", 300)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 300)]
    [InlineData("7", 7)]
    public async Task A_receiver_may_ask_for_five_minutes_of_waiting_and_no_more(string after, int seconds)
    {
        await using var server = await FakeTarget.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = after;
            return Task.CompletedTask;
        });
        using var client = new ReceiverClient(new RemoteWriteOptions(), TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);

        Assert.Equal(TimeSpan.FromSeconds(seconds), (await client.SendAsync(request, CancellationToken.None)).After);
    }

    [Theory]
    [InlineData("--RemoteWrite:Url=ftp://x", "RemoteWrite:Url")]
    [InlineData("--RemoteWrite:Version=3.0", "RemoteWrite:Version")]
    [InlineData("--Otlp:ClientKeyFile=/x", "Otlp:ClientKeyFile")]
    [InlineData("--Pushgateway:Method=PATCH", "Pushgateway:Method")]
    [InlineData("--Pushgateway:Grouping:job=x", "Pushgateway:Grouping:job")]
    public async Task A_wrong_receiver_is_refused_with_the_key(string flag, string key)
    {
        using var process = RelayProcess.Start(flag);

        var printed = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Contains(key, printed, StringComparison.Ordinal);
    }

    private static async Task<ReceiverAnswer> SendAsync(ReceiverClient client, TlsServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url);
        return await client.SendAsync(request, CancellationToken.None);
    }

    /// <summary>A real HTTPS server that knows its clients.</summary>
    private sealed class TlsServer(WebApplication app) : IAsyncDisposable
    {
        public ConcurrentQueue<string> Clients { get; } = new();

        public Uri Url => new(app.Urls.First());

        public static async Task<TlsServer> StartAsync((string Certificate, string Key) own, Certificates? clients)
        {
            using var pem = X509Certificate2.CreateFromPem(own.Certificate, own.Key);
            var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = clients is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (client, _, _) => clients!.Issued(client);
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
