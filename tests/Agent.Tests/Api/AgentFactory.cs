using Agent.Tests.Support;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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

    protected override IHost CreateHost(IHostBuilder builder) => new HostOfMain(base.CreateHost(builder));

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && !_disposed)
        {
            _disposed = true;
            _directory.Dispose();
        }
    }

    /// <summary>
    /// The host as Main's own: asked to stop, it is Main that stops and disposes it. The factory would do both as well, at
    /// the same moment, and now and then find it disposed under its hands (dotnet/aspnetcore#40271).
    /// </summary>
    private sealed class HostOfMain(IHost host) : IHost
    {
        private static readonly TimeSpan _longest = TimeSpan.FromMinutes(1);

        public IServiceProvider Services => host.Services;

        public Task StartAsync(CancellationToken cancellationToken = default) => host.StartAsync(cancellationToken);

        public async Task StopAsync(CancellationToken cancellationToken = default)
        {
            var lifetime = Services.GetRequiredService<IHostApplicationLifetime>();
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registration = lifetime.ApplicationStopped.Register(stopped.SetResult);
            lifetime.StopApplication();
            await stopped.Task.WaitAsync(_longest, cancellationToken);
        }

        public void Dispose()
        {
        }
    }
}
