using System.Security.Cryptography.X509Certificates;
using TlsProxy.Certificates;

namespace TlsProxy.Tests.Certificates;

public sealed class SelfSignVerbTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Certificate_for_localhost_is_generated_with_a_private_key_file()
    {
        Assert.Equal(0, await SelfSignVerb.RunAsync([_directory.Path], CancellationToken.None));

        using var pair = X509Certificate2.CreateFromPemFile(_directory["tls.crt"], _directory["tls.key"]);
        Assert.True(pair.MatchesHostname("localhost"));
        Assert.True(pair.MatchesHostname("127.0.0.1"));
        Assert.True(pair.NotAfter > DateTime.Now.AddDays(89));
        Assert.Equal(["tls.crt", "tls.key"], Directory.EnumerateFiles(_directory.Path).Select(f => Path.GetFileName(f)).Order());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["tls.key"]));
        }
    }

    [Fact]
    public async Task Existing_certificate_is_kept_unless_renewal_is_requested()
    {
        await SelfSignVerb.RunAsync([_directory.Path], CancellationToken.None);
        var first = await File.ReadAllTextAsync(_directory["tls.crt"]);

        await SelfSignVerb.RunAsync([_directory.Path], CancellationToken.None);
        Assert.Equal(first, await File.ReadAllTextAsync(_directory["tls.crt"]));

        await SelfSignVerb.RunAsync([_directory.Path, "--renew"], CancellationToken.None);
        using var renewed = X509Certificate2.CreateFromPemFile(_directory["tls.crt"], _directory["tls.key"]);
        Assert.NotEqual(first, await File.ReadAllTextAsync(_directory["tls.crt"]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "--renew")]
    [InlineData(2, "a", "b")]
    [InlineData(1, "/nowhere/at/all")]
    public async Task Invalid_arguments_and_directories_have_their_exit_code(int exitCode, params string[] args) =>
        Assert.Equal(exitCode, await SelfSignVerb.RunAsync(args, CancellationToken.None));
}
