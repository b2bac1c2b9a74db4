using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TlsProxy.Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Certificates;

public sealed class CertificateExpiryTests
{
    private static readonly TestCertificates Authority = new();

    [Fact]
    public async Task It_warns_once_30_7_and_1_days_before_the_end_and_a_renewed_certificate_begins_anew()
    {
        var end = DateTimeOffset.UtcNow.AddDays(60);
        using var volume = new SecretVolume(Authority.Issue(notAfter: end).Files);
        await using var proxy = await RunningProxy.StartAsync(volume.Directory, new Uri("http://127.0.0.1:1"));
        var log = new Lines();
        var clock = new Clock();
        var expiry = new CertificateExpiry(proxy.Services.GetRequiredService<CertificateStore>(), clock, log);

        Assert.Empty(At(31));
        Assert.Equal(["Warning"], At(29.9));
        Assert.Empty(At(29));
        Assert.Equal(["Warning"], At(6.9));
        Assert.Empty(At(2));
        Assert.Equal(["Error"], At(0.9));
        Assert.Empty(At(0.5));

        var renewed = Authority.Issue(notAfter: end);
        volume.Swap(renewed.Files);
        await Eventually.TrueAsync(async () => await proxy.SerialAsync() == renewed.Serial, "the new serial");
        Assert.Equal(["Warning"], At(20));

        List<string> At(double daysLeft)
        {
            log.Levels.Clear();
            clock.Now = end.AddDays(-daysLeft);
            expiry.Warn();
            return log.Levels;
        }
    }

    [Fact]
    public async Task Each_server_name_has_the_end_of_the_certificate_that_is_served_for_it()
    {
        var now = DateTimeOffset.UtcNow;
        var (mainEnd, otherEnd, renewedEnd) = (now.AddDays(60), now.AddDays(50), now.AddDays(80));
        using var main = new SecretVolume(Authority.Issue(["localhost", "Taken.example.com", "both.example.com"], notAfter: mainEnd).Files);
        using var other = new SecretVolume(Authority.Issue(["own.example.org", "both.example.com"], notAfter: otherEnd).Files);
        await using var proxy = await RunningProxy.StartAsync(main.Directory, new Uri("http://127.0.0.1:1"),
        [
            $"--Tls:Directories:taken.example.com={other.Directory}", $"--Tls:Directories:*.Added.example.com={other.Directory}", $"--Tls:Directories:label={other.Directory}",
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
            await EndsAsync(proxy));

        other.Swap(Authority.Issue(["own.example.org"], notAfter: renewedEnd).Files);

        await Eventually.TrueAsync(async () => (await EndsAsync(proxy))["taken.example.com"] == renewedEnd.ToUnixTimeSeconds(), "the new end of the name by key");
        Assert.Equal(mainEnd.ToUnixTimeSeconds(), (await EndsAsync(proxy))["localhost"]);
    }

    [Fact]
    public async Task The_process_says_so_at_its_start()
    {
        using var volume = new SecretVolume(Authority.Issue(notAfter: DateTimeOffset.UtcNow.AddDays(5)).Files);
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        await using var proxy = await ProxyProcess.StartAsync(volume.Directory, upstream.Url);

        await Eventually.TrueAsync(() => proxy.Output.Any(l => l.Contains("ends in 4 days", StringComparison.Ordinal) && l.Contains(volume.Directory, StringComparison.Ordinal)), "the warning");
    }

    /// <summary>By server name, what the metric says.</summary>
    private static async Task<Dictionary<string, long>> EndsAsync(RunningProxy proxy)
    {
        const string series = "tls_proxy_certificate_expiry_timestamp_seconds{server_name=\"";
        return (await proxy.MetricsAsync()).Split('\n')
            .Where(line => line.StartsWith(series, StringComparison.Ordinal))
            .Select(line => line[series.Length..].Split("\"} "))
            .ToDictionary(parts => parts[0], parts => (long)double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Lines : ILogger<CertificateExpiry>
    {
        public List<string> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel.ToString());
    }
}
