using System.Net;
using System.Security.Cryptography;
using System.Text;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Authentication;

public sealed class ApiKeyTests : IDisposable
{
    private const string AliceKey = "alice-key-0123456789";
    private const string BobKey = "bob-key-0123456789-b";

    private static readonly CertificateAuthority Authority = new();
    private readonly MountedVolume _volume = new(Authority.IssueCertificate().SecretFiles);
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        _volume.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task Known_key_identifies_its_owner_and_an_unknown_key_is_401()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await StartAsync(upstream);
        using var client = RunningProxy.Client();

        foreach (var (key, owner) in new[] { (AliceKey, "alice"), (BobKey, "bob") })
        {
            var (status, seen) = await GetAsync(client, proxy, key);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Contains($"X-Forwarded-User: {owner}\n", seen, StringComparison.Ordinal);
            Assert.DoesNotContain(key, seen, StringComparison.Ordinal);
        }

        foreach (var key in new[] { null, "", "alice", AliceKey + "x", AliceKey[..^1], Hash(BobKey), "sha256:" + Hash(BobKey) })
        {
            var (status, answer) = await GetAsync(client, proxy, key);
            Assert.True(status == HttpStatusCode.Unauthorized, $"{key}: {status}");
            Assert.Contains("unauthenticated", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_rotate_without_a_restart_and_an_invalid_file_keeps_the_last_ones()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await StartAsync(upstream);
        using var client = RunningProxy.Client();
        const string next = "carol-key-0123456789";
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, proxy, next)).Status);

        await File.WriteAllTextAsync(_file, $"carol {next}\n");
        await Eventually.AssertAsync(async () => (await GetAsync(client, proxy, next)).Status == HttpStatusCode.OK, "the new key");
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, proxy, AliceKey)).Status);

        await File.WriteAllTextAsync(_file, "carol short\n");
        await Eventually.AssertAsync(
            async () =>
            {
                Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, proxy, next)).Status);
                return (await proxy.StatusAsync()).ToString().Contains("Line 1", StringComparison.Ordinal);
            },
            "the problem is withLength");
    }

    [Fact]
    public async Task Each_identity_has_its_own_rate_limit()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await StartAsync(
            upstream, "--Upstream:Metadata:RateLimit.Requests=2", "--Upstream:Metadata:RateLimit.WindowSeconds=3600", "--Upstream:Metadata:RateLimit.By=identity");
        using var client = RunningProxy.Client();

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, proxy, AliceKey)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, proxy, AliceKey)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await GetAsync(client, proxy, AliceKey)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, proxy, BobKey)).Status);
    }

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(HttpClient client, RunningProxy proxy, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, proxy.Url);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Api-Key", key);
        }

        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<RunningProxy> StartAsync(TestUpstream upstream, params string[] more)
    {
        await File.WriteAllTextAsync(_file, $"# who may come in\nalice {AliceKey}\n\nbob sha256:{Hash(BobKey)}\n");
        return await RunningProxy.StartAsync(_volume.Path, upstream.Url, [$"--Upstream:Metadata:ApiKey.File={_file}", .. more]);
    }
}
