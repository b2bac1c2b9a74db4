namespace Agent;

/// <summary>The agent's own port: bounded in every respect, since anybody may talk to it.</summary>
internal static partial class HttpServer
{
    public static void ListenForRequests(this IWebHostBuilder host, AgentOptions options) =>
        host.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = options.Http.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = options.Http.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            // Kestrel's own limits for the rest: 100 headers of 32 KiB together, a request line of 8 KiB, and 240 bytes
            // a second from those who send or read slowly.
            ListenAddress.Bind(kestrel, options.Listen.Address, options.Http.Port);
        });

    /// <summary>Says where it listens, which a port of 0 leaves open until then.</summary>
    public static void AnnounceAddress(this WebApplication app) =>
        app.Lifetime.ApplicationStarted.Register(() => Log.Listening(app.Logger, string.Join(", ", app.Urls)));

    private static partial class Log
    {
        [LoggerMessage(101, LogLevel.Information, "Listening on {Addresses}")]
        public static partial void Listening(ILogger logger, string addresses);
    }
}
