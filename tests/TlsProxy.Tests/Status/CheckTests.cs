using Microsoft.Extensions.Logging.Abstractions;
using TlsProxy.Certificates;
using TlsProxy.Routes;
using TlsProxy.Status;
using TlsProxy.Tests.Certificates;
using TlsProxy.Tests.Support;
using TlsProxy.Upstream;

namespace TlsProxy.Tests.Status;

public sealed class CheckTests : IDisposable
{
    private static readonly CertificateAuthority Authority = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Valid_Secret_and_reachable_application_are_ok()
    {
        await using var upstream = await TestUpstream.StartAsync(TestUpstream.EchoAsync);
        using var volume = new MountedVolume(Authority.IssueCertificate().SecretFiles);

        var findings = await RunAsync(volume.Path, upstream.Url);

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
    public async Task Certificate_that_cannot_be_served_fails_with_a_remedy(string kind)
    {
        using var volume = new MountedVolume(RotationTests.Broken(Authority, kind));

        var finding = (await RunAsync(volume.Path, DeadUrl()))[0];

        Assert.Equal(FindingSeverity.Failure, finding.Severity);
        Assert.Contains(volume.Path, finding.Subject, StringComparison.Ordinal);
        Assert.NotEmpty(finding.Remedy!);
    }

    [Fact]
    public async Task Certificate_that_expires_soon_is_a_warning()
    {
        using var volume = new MountedVolume(Authority.IssueCertificate(notAfter: DateTimeOffset.UtcNow.AddDays(20)).SecretFiles);

        var finding = (await RunAsync(volume.Path, DeadUrl()))[0];

        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Contains("(20 days)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SubPath_mount_is_a_warning_because_it_never_updates()
    {
        foreach (var (name, content) in Authority.IssueCertificate().SecretFiles)
        {
            await File.WriteAllTextAsync(_directory[name], content);
        }

        var table = _directory["mountinfo"];
        await File.WriteAllTextAsync(table, $"""
            22 1 0:20 / / rw,relatime - overlay overlay rw
            96 22 259:1 /var/lib/kubelet/pods/1/volume-subpaths/tls/proxy/0 {_directory["tls.crt"]} ro,relatime - ext4 /dev/root rw
            """);

        var mounted = Assert.Single(
            await RunAsync(_directory.Path, DeadUrl(), table), f => f.Subject.StartsWith("mount", StringComparison.Ordinal));
        Assert.Equal(FindingSeverity.Warning, mounted.Severity);
        Assert.Contains("subPath", mounted.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(table, $"96 22 259:1 / {_directory.Path} ro - tmpfs tmpfs rw\n");
        Assert.DoesNotContain(
            await RunAsync(_directory.Path, DeadUrl(), table), f => f.Subject.StartsWith("mount", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Missing_authorities_fail_and_an_unreachable_application_is_a_warning()
    {
        using var volume = new MountedVolume(Authority.IssueCertificate().SecretFiles);
        var options = Options(volume.Path, DeadUrl());
        options.Tls.ClientCertificate = ClientCertificateMode.Require;

        var findings = await FindingsAsync(CheckOf(options));

        Assert.Contains(findings, f => f.Severity == FindingSeverity.Failure && f.Message.Contains("ca.crt", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.Severity == FindingSeverity.Warning && f.Subject.StartsWith("upstream", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Authorities_come_from_the_first_directory_without_a_default_one()
    {
        using var without = new MountedVolume(Authority.IssueCertificate().SecretFiles);
        using var with = new MountedVolume(
            new Dictionary<string, string>(Authority.IssueCertificate().SecretFiles) { ["ca.crt"] = Authority.BundlePem });
        var options = Options("", DeadUrl());
        options.Tls.ClientCertificate = ClientCertificateMode.Require;

        options.Tls.Directories = new() { ["b"] = with.Path, ["a"] = without.Path };
        var started = Assert.Single(
            Assert.Throws<ConfigurationException>(() => CertificateStore.LoadSlots(options.Tls, DateTimeOffset.UtcNow)).Errors);
        var checkedOn = Assert.Single(await FindingsAsync(CheckOf(options)), f => f.Severity == FindingSeverity.Failure);
        Assert.Equal("Tls:Directories:a", started.Key);
        Assert.Contains("ca.crt", checkedOn.Message, StringComparison.Ordinal);
        Assert.Equal("certificate " + without.Path, checkedOn.Subject);

        options.Tls.Directories = new() { ["a"] = with.Path, ["b"] = without.Path };
        Assert.Equal(2, CertificateStore.LoadSlots(options.Tls, DateTimeOffset.UtcNow).Count);
        Assert.DoesNotContain(await FindingsAsync(CheckOf(options)), f => f.Severity == FindingSeverity.Failure);
    }

    [Theory]
    [InlineData(null, "Could not find")]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData("two words", "more than a token")]
    public async Task Invalid_token_file_fails_with_the_message_of_the_startup(string? content, string reason)
    {
        using var volume = new MountedVolume(Authority.IssueCertificate().SecretFiles);
        var options = Options(volume.Path, DeadUrl());
        options.Upstream.TokenFile = _directory["token"];
        if (content is not null)
        {
            await File.WriteAllTextAsync(options.Upstream.TokenFile, content);
        }

        var started = await Assert.ThrowsAsync<ConfigurationException>(() => TokenOf(options).StartAsync(CancellationToken.None));
        var failure = Assert.Single(await FindingsAsync(CheckOf(options)), f => f.Severity == FindingSeverity.Failure);

        Assert.Equal(started.Message, failure.Message);
        Assert.StartsWith(
            $"Upstream:TokenFile = '{options.Upstream.TokenFile}': cannot be used: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Valid_token_file_is_ok()
    {
        using var volume = new MountedVolume(Authority.IssueCertificate().SecretFiles);
        var options = Options(volume.Path, DeadUrl());
        options.Upstream.TokenFile = _directory["token"];
        await File.WriteAllTextAsync(options.Upstream.TokenFile, "abc.def\n");

        var finding = Assert.Single(await FindingsAsync(CheckOf(options)), f => f.Subject.StartsWith("token", StringComparison.Ordinal));

        Assert.Equal(FindingSeverity.Ok, finding.Severity);
        Assert.DoesNotContain("abc", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_verb_covers_every_destination_and_exits_1_on_failure()
    {
        using var good = new MountedVolume(Authority.IssueCertificate().SecretFiles);
        using var bad = new MountedVolume(RotationTests.Broken(Authority, "mismatched key"));
        using var routes = new RouteFile();
        routes.Write(null, ("app", [DeadUrl(), DeadUrl()]));

        var (code, output) = await CheckAsync(good.Path, routes.Argument);
        Assert.True(code == 0, output);
        Assert.Contains("cluster app, destination d0", output, StringComparison.Ordinal);
        Assert.Contains("cluster app, destination d1", output, StringComparison.Ordinal);

        var (tokenExitCode, tokenOutput) = await CheckAsync(good.Path, routes.Argument, "--Upstream:TokenFile=/nowhere/token");
        Assert.Equal(1, tokenExitCode);
        Assert.Contains(
            "FAIL  configuration: Upstream:TokenFile = '/nowhere/token': cannot be used: ", tokenOutput, StringComparison.Ordinal);

        var (failedExitCode, failedOutput) = await CheckAsync(bad.Path, routes.Argument);
        Assert.Equal(1, failedExitCode);
        Assert.Contains("FAIL  certificate " + bad.Path, failedOutput, StringComparison.Ordinal);

        routes.Write(new() { ["Retry.Attempts"] = "lots" }, ("app", [DeadUrl()]));
        var (rejected, errors) = await CheckAsync(good.Path, routes.Argument);
        Assert.Equal(1, rejected);
        Assert.Contains("Retry.Attempts", errors, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> CheckAsync(string directory, params string[] args)
    {
        await using var process = ChildProcess.DotNet(
            Path.Combine(AppContext.BaseDirectory, "TlsProxy.dll"), ["check", $"--Tls:Directory={directory}", .. args]);
        var code = await process.WaitForExitAsync();
        return (code, string.Join('\n', process.Output.Concat(process.Errors)));
    }

    private static Uri DeadUrl() => new($"http://127.0.0.1:{FreePort.FindUnused()}");

    private static TlsProxyOptions Options(string directory, Uri upstream)
    {
        var options = new TlsProxyOptions();
        (options.Tls.Directory, options.Upstream.Url) = (directory, upstream);
        return options;
    }

    private static Task<List<Finding>> RunAsync(string directory, Uri upstream, string mountTable = "/proc/self/mountinfo") =>
        FindingsAsync(CheckOf(Options(directory, upstream), mountTable));

    private static EnvironmentCheck CheckOf(TlsProxyOptions options, string mountTable = "/proc/self/mountinfo") =>
        new(options.Tls, options.Upstream, new RouteConfiguration(options.ReverseProxy), TokenOf(options), TimeProvider.System) { MountTable = mountTable };

    private static EgressToken TokenOf(TlsProxyOptions options) =>
        new(options.Upstream, new Problems(TimeProvider.System, NullLogger<Problems>.Instance), TimeProvider.System);

    private static async Task<List<Finding>> FindingsAsync(EnvironmentCheck check)
    {
        var findings = new List<Finding>();
        await foreach (var finding in check.CheckEnvironmentAsync(CancellationToken.None))
        {
            findings.Add(finding);
        }

        return findings;
    }
}
