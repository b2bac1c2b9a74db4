using System.Net.Http.Headers;

namespace ConfigReloader.Watching;

/// <summary>Makes watches from their configuration; they share one HTTP client.</summary>
internal sealed class WatchFactory : IDisposable
{
    private readonly WatchMetrics _metrics;
    private readonly DeliveredState _delivered;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ILogger<Watch> _logger;
    private readonly HttpClient _client;

    public WatchFactory(
        WatchMetrics metrics, DeliveredState delivered, Problems problems, ProcessIdentity process, TimeProvider time, ILogger<Watch> logger)
    {
        (_metrics, _delivered, _problems, _time, _logger) = (metrics, delivered, problems, time, logger);

        // Straight to the application: no proxy of the environment, no redirect to elsewhere. Each attempt has its own time-out.
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue(process.Name, process.Version));
    }

    public Watch Create(string name, WatchOptions options) =>
        new(Parts(name, options), _metrics, _delivered, _problems, _time, _logger);

    public WatchParts Parts(string name, WatchOptions options) => WatchParts.From(name, options, _client, _time);

    public void Dispose() => _client.Dispose();
}
