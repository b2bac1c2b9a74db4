using Agent.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Agent.Tests.Api;

/// <summary>The program's own Main, with a server in memory in Kestrel's place.</summary>
public sealed class AgentFactory : WebApplicationFactory<AgentOptions>
{
    private readonly TemporaryDirectory _directory = new();
    private bool _disposed;

    /// <summary>Where its request log goes.</summary>
    public string LogFile => _directory.File("requests.log");

    protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
        .UseSetting("Management:Port", "0")
        .UseSetting("Listen:Address", "127.0.0.1")
        .UseSetting("LOG_FILE", LogFile);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && !_disposed)
        {
            _disposed = true;
            _directory.Dispose();
        }
    }
}
