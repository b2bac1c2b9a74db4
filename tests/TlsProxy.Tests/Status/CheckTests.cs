using Microsoft.Extensions.Logging.Abstractions;
using TestKit;
using TlsProxy.Certificates;
using TlsProxy.Forwarding;
using TlsProxy.Status;
using TlsProxy.Tests.Certificates;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Status;

public sealed class CheckTests : IDisposable
{
    private static readonly TestCertificates Authority = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_good_Secret_and_an_application_that_answers_are_ok()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        using var volume = new SecretVolume(Authority.Issue().Files);

        var findings = await RunAsync(volume.Directory, upstream.Url);

        Assert.Equal(3, findings.Count);
        Assert.All(findings, f => Assert.Equal(FindingSeverity.Ok, f.Severity));
        Assert.Contains("localhost", findings[0].Message, StringComparison.Ordinal);
        Assert.Contains("days", findings[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mismatched key")]
    [InlineData("truncated PEM")]
    [InlineData("expired")]
    [InlineData("empty")]
    [InlineData("no files")]
    public async Task What_could_not_be_served_fails_with_a_remedy(string kind)
    {
        using var volume = new SecretVolume(RotationTests.Broken(Authority, kind));

        var finding = (await RunAsync(volume.Directory, DeadUrl()))[0];

        Assert.Equal(FindingSeverity.Failure, finding.Severity);
        Assert.Contains(volume.Directory, finding.Subject, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy!);
    }

    [Fact]
    public async Task A_certificate_that_ends_soon_is_a_warning()
    {
        using var volume = new SecretVolume(Authority.Issue(notAfter: DateTimeOffset.UtcNow.AddDays(20)).Files);

        var finding = (await RunAsync(volume.Directory, DeadUrl()))[0];

        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Contains("(20 days)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subPath_mount_is_a_warning_since_a_renewed_certificate_would_never_arrive()
    {
        foreach (var (name, content) in Authority.Issue().Files)
        {
            await File.WriteAllTextAsync(_directory[name], content);
        }

        var table = _directory["mountinfo"];
        await File.WriteAllTextAsync(table, $"""
            22 1 0:20 / / rw,relatime - overlay overlay rw
            96 22 259:1 /var/lib/kubelet/pods/1/volume-subpaths/tls/proxy/0 {_directory["tls.crt"]} ro,relatime - ext4 /dev/root rw
            """);

        var mounted = Assert.Single(await RunAsync(_directory.Path, DeadUrl(), table), f => f.Subject.StartsWith("mount", StringComparison.Ordinal));
        Assert.Equal(FindingSeverity.Warning, mounted.Severity);
        Assert.Contains("subPath", mounted.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(table, $"96 22 259:1 / {_directory.Path} ro - tmpfs tmpfs rw\n");
        Assert.DoesNotContain(await RunAsync(_directory.Path, DeadUrl(), table), f => f.Subject.StartsWith("mount", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mutual_TLS_without_authorities_fails_and_an_application_that_is_not_there_is_a_warning()
    {
        using var volume = new SecretVolume(Authority.Issue().Files);
        var options = Options(volume.Directory, DeadUrl());
        options.Tls.ClientCertificate = ClientCertificateMode.Require;

        var findings = await FindingsAsync(CheckOf(options));

        Assert.Contains(findings, f => f.Severity == FindingSeverity.Failure && f.Message.Contains("ca.crt", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Severity == FindingSeverity.Warning && f.Subject.StartsWith("upstream", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_default_directory_the_authorities_are_asked_of_whom_the_start_asks()
    {
        using var without = new SecretVolume(Authority.Issue().Files);
        using var with = new SecretVolume(new(Authority.Issue().Files) { ["ca.crt"] = Authority.BundlePem });
        var options = Options("", DeadUrl());
        options.Tls.ClientCertificate = ClientCertificateMode.Require;

        options.Tls.Directories = new() { ["b"] = with.Directory, ["a"] = without.Directory };
        var started = Assert.Single(Assert.Throws<ConfigurationException>(() => CertificateStore.Open(options.Tls, DateTimeOffset.UtcNow)).Errors);
        var checkedOn = Assert.Single(await FindingsAsync(CheckOf(options)), f => f.Severity == FindingSeverity.Failure);
        Assert.Equal("Tls:Directories:a", started.Key);
        Assert.Contains("ca.crt", checkedOn.Message, StringComparison.Ordinal);
        Assert.Equal("certificate " + without.Directory, checkedOn.Subject);

        options.Tls.Directories = new() { ["a"] = with.Directory, ["b"] = without.Directory };
        Assert.Equal(2, CertificateStore.Open(options.Tls, DateTimeOffset.UtcNow).Count);
        Assert.DoesNotContain(await FindingsAsync(CheckOf(options)), f => f.Severity == FindingSeverity.Failure);
    }

    [Theory]
    [InlineData(null, "Could not find")]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData("two words", "more than a token")]
    public async Task A_token_that_could_not_be_used_is_told_in_the_words_of_the_start(string? content, string reason)
    {
        using var volume = new SecretVolume(Authority.Issue().Files);
        var options = Options(volume.Directory, DeadUrl());
        options.Upstream.TokenFile = _directory["token"];
        if (content is not null)
        {
            await File.WriteAllTextAsync(options.Upstream.TokenFile, content);
        }

        var started = await Assert.ThrowsAsync<ConfigurationException>(() => TokenOf(options).StartAsync(CancellationToken.None));
        var failure = Assert.Single(await FindingsAsync(CheckOf(options)), f => f.Severity == FindingSeverity.Failure);

        Assert.Equal(started.Message, failure.Message);
        Assert.StartsWith($"Upstream:TokenFile = '{options.Upstream.TokenFile}': cannot be used: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_can_be_used_is_ok()
    {
        using var volume = new SecretVolume(Authority.Issue().Files);
        var options = Options(volume.Directory, DeadUrl());
        options.Upstream.TokenFile = _directory["token"];
        await File.WriteAllTextAsync(options.Upstream.TokenFile, "abc.def\n");

        var finding = Assert.Single(await FindingsAsync(CheckOf(options)), f => f.Subject.StartsWith("token", StringComparison.Ordinal));

        Assert.Equal(FindingSeverity.Ok, finding.Severity);
        Assert.DoesNotContain("abc", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_verb_ends_with_1_for_a_failure_and_0_for_none_and_looks_at_every_destination()
    {
        using var good = new SecretVolume(Authority.Issue().Files);
        using var bad = new SecretVolume(RotationTests.Broken(Authority, "mismatched key"));
        using var routes = new RouteFile();
        routes.Write(null, ("app", [DeadUrl(), DeadUrl()]));

        var (code, output) = await CheckAsync(good.Directory, routes.Argument);
        Assert.True(code == 0, output);
        Assert.Contains("cluster app, destination d0", output, StringComparison.Ordinal);
        Assert.Contains("cluster app, destination d1", output, StringComparison.Ordinal);

        var (tokenless, told) = await CheckAsync(good.Directory, routes.Argument, "--Upstream:TokenFile=/nowhere/token");
        Assert.Equal(1, tokenless);
        Assert.Contains("FAIL  configuration: Upstream:TokenFile = '/nowhere/token': cannot be used: ", told, StringComparison.Ordinal);

        var (failed, said) = await CheckAsync(bad.Directory, routes.Argument);
        Assert.Equal(1, failed);
        Assert.Contains("FAIL  certificate " + bad.Directory, said, StringComparison.Ordinal);

        routes.Write(new() { ["Retry.Attempts"] = "lots" }, ("app", [DeadUrl()]));
        var (refused, errors) = await CheckAsync(good.Directory, routes.Argument);
        Assert.Equal(1, refused);
        Assert.Contains("Retry.Attempts", errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> CheckAsync(string directory, params string[] args)
    {
        await using var process = ChildProcess.DotNet(Path.Combine(AppContext.BaseDirectory, "TlsProxy.dll"), ["check", $"--Tls:Directory={directory}", .. args]);
        var code = await process.ExitAsync();
        return (code, string.Join('\n', process.Output.Concat(process.Errors)));
    }

    private static Uri DeadUrl() => new($"http://127.0.0.1:{FreePort.Take()}");

    private static TlsProxyOptions Options(string directory, Uri upstream)
    {
        var options = new TlsProxyOptions();
        (options.Tls.Directory, options.Upstream.Url) = (directory, upstream);
        return options;
    }

    private static Task<List<Finding>> RunAsync(string directory, Uri upstream, string mountTable = "/proc/self/mountinfo") =>
        FindingsAsync(CheckOf(Options(directory, upstream), mountTable));

    private static ProxyCheck CheckOf(TlsProxyOptions options, string mountTable = "/proc/self/mountinfo") =>
        new(options, TokenOf(options), TimeProvider.System) { MountTable = mountTable };

    private static EgressToken TokenOf(TlsProxyOptions options) =>
        new(options, new Problems(TimeProvider.System, NullLogger<Problems>.Instance), TimeProvider.System);

    private static async Task<List<Finding>> FindingsAsync(ProxyCheck check)
    {
        var findings = new List<Finding>();
        await foreach (var finding in check.CheckEnvironmentAsync(CancellationToken.None))
        {
            findings.Add(finding);
        }

        return findings;
    }
}
