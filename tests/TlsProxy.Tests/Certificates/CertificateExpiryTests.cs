using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TlsProxy.Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Certificates;

public sealed class CertificateExpiryTests
{
    private static readonly CertificateAuthority Authority = new();

    [Fact]
    public async Task Warning_is_logged_once_for_each_threshold_of_each_certificate()
    {
        var end = DateTimeOffset.UtcNow.AddDays(60);
        using var volume = new MountedVolume(Authority.IssueCertificate(notAfter: end).SecretFiles);
        await using var proxy = await RunningProxy.StartAsync(volume.Path, new Uri("http://127.0.0.1:1"));
        var log = new Lines();
        var clock = new FakeTimeProvider();
        var expiry = new CertificateExpiry(proxy.Services.GetRequiredService<CertificateStore>(), clock, log);

        Assert.Empty(At(31));
        Assert.Equal(["Warning"], At(29.9));
        Assert.Empty(At(29));
        Assert.Equal(["Warning"], At(6.9));
        Assert.Empty(At(2));
        Assert.Equal(["Error"], At(0.9));
        Assert.Empty(At(0.5));

        var renewed = Authority.IssueCertificate(notAfter: end);
        volume.ReplaceFiles(renewed.SecretFiles);
        await Eventually.AssertAsync(async () => await proxy.SerialAsync() == renewed.SerialNumber, "the new serial");
        Assert.Equal(["Warning"], At(20));

        List<string> At(double daysLeft)
        {
            log.Levels.Clear();
            clock.AdjustTime(end.AddDays(-daysLeft));
            expiry.LogWarnings();
            return log.Levels;
        }
    }

    [Fact]
    public async Task Expiry_metric_follows_the_certificate_served_for_each_name()
    {
        var now = DateTimeOffset.UtcNow;
        var (mainEnd, otherEnd, renewedEnd) = (now.AddDays(60), now.AddDays(50), now.AddDays(80));
        using var main = new MountedVolume(
            Authority.IssueCertificate(["localhost", "Taken.example.com", "both.example.com"], notAfter: mainEnd).SecretFiles);
        using var other = new MountedVolume(
            Authority.IssueCertificate(["own.example.org", "both.example.com"], notAfter: otherEnd).SecretFiles);
        await using var proxy = await RunningProxy.StartAsync(main.Path, new Uri("http://127.0.0.1:1"),
        [
            $"--Tls:Directories:taken.example.com={other.Path}", $"--Tls:Directories:*.Added.example.com={other.Path}", $"--Tls:Directories:label={other.Path}",
        ]);

        Assert.Equal(
            new Dictionary<string, long>
            {
                ["localhost"] = mainEnd.ToUnixTimeSeconds(),
                ["both.example.com"] = mainEnd.ToUnixTimeSeconds(),
                ["taken.example.com"] = otherEnd.ToUnixTimeSeconds(),
                ["*.added.example.com"] = otherEnd.ToUnixTimeSeconds(),
                ["own.example.org"] = otherEnd.ToUnixTimeSeconds(),
            },
            await ReadExpiriesAsync(proxy));

        other.ReplaceFiles(Authority.IssueCertificate(["own.example.org"], notAfter: renewedEnd).SecretFiles);

        await Eventually.AssertAsync(async () => (await ReadExpiriesAsync(proxy))["taken.example.com"] == renewedEnd.ToUnixTimeSeconds(), "the new end of the name by key");
        Assert.Equal(mainEnd.ToUnixTimeSeconds(), (await ReadExpiriesAsync(proxy))["localhost"]);
    }

    [Fact]
    public async Task Process_logs_an_expiring_certificate_at_startup()
    {
        using var volume = new MountedVolume(Authority.IssueCertificate(notAfter: DateTimeOffset.UtcNow.AddDays(5)).SecretFiles);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await ProxyProcess.StartAsync(volume.Path, upstream.Url);

        await Eventually.AssertAsync(() => proxy.Output.Any(l => l.Contains("expires in 4 days", StringComparison.Ordinal) && l.Contains(volume.Path, StringComparison.Ordinal)), "the warning");
    }

    /// <summary>The value of the metric for each server name.</summary>
    private static async Task<Dictionary<string, long>> ReadExpiriesAsync(RunningProxy proxy)
    {
        const string series = "tls_proxy_certificate_expiry_timestamp_seconds{server_name=\"";
        return (await proxy.MetricsAsync()).Split('\n')
            .Where(line => line.StartsWith(series, StringComparison.Ordinal))
            .Select(line => line[series.Length..].Split("\"} "))
            .ToDictionary(parts => parts[0], parts => (long)double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed class Lines : ILogger<CertificateExpiry>
    {
        public List<string> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel.ToString());
    }
}
