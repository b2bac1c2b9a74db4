namespace TlsProxy.Tests.Http1Upstream;

public sealed class ContractTests
{
    [Fact]
    public void Upstream_path_imports_no_other_folder_of_the_proxy()
    {
        var files = Directory.GetFiles(Repository.PathOf("sidecars/tls-proxy/Http1Upstream"), "*.cs");

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.DoesNotContain("using TlsProxy", File.ReadAllText(file), StringComparison.Ordinal));
    }
}
