namespace Agent.Server;

/// <summary>The agent's own port. Every resource is bounded, because any client may connect.</summary>
internal static partial class HttpServer
{
    /// <param name="host">The web host to configure.</param>
    /// <param name="options">Port and limits.</param>
    /// <param name="address">The interface: <c>*</c>, <c>localhost</c> or an IP address.</param>
    public static void ListenForRequests(this IWebHostBuilder host, HttpOptions options, string address) =>
        host.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            // Kestrel's defaults bound the rest: 100 headers of 32 KiB in total, a request line of 8 KiB, and at least
            // 240 bytes per second in each direction.
            ListenAddress.Bind(kestrel, address, options.Port);
        });

    /// <summary>Logs the addresses after the start: only then is the number known for port 0.</summary>
    public static void LogListeningAddresses(this WebApplication app) =>
        app.Lifetime.ApplicationStarted.Register(() => Log.Listening(app.Logger, string.Join(", ", app.Urls)));

    private static partial class Log
    {
        [LoggerMessage(101, LogLevel.Information, "Listening on {Addresses}")]
        public static partial void Listening(ILogger logger, string addresses);
    }
}
