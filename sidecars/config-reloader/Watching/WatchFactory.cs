using System.Net.Http.Headers;

namespace ConfigReloader.Watching;

/// <summary>Creates watches from their options. They share one HTTP client.</summary>
internal sealed class WatchFactory : IDisposable
{
    private readonly WatchMetrics _metrics;
    private readonly DeliveryStateFile _stateFile;
    private readonly Problems _problems;
    private readonly TimeProvider _time;
    private readonly ILogger<Watch> _logger;
    private readonly HttpClient _client;

    public WatchFactory(
        WatchMetrics metrics,
        DeliveryStateFile stateFile,
        Problems problems,
        ProcessIdentity process,
        TimeProvider time,
        ILogger<Watch> logger)
    {
        (_metrics, _stateFile, _problems, _time, _logger) = (metrics, stateFile, problems, time, logger);

        // Directly to the application: no proxy from the environment, no redirects. Each attempt has its own timeout.
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

    public Watch CreateWatch(string name, WatchOptions options) =>
        new(CreateParts(name, options), _metrics.CreateInstruments(name), _stateFile, _problems, _time, _logger);

    public WatchParts CreateParts(string name, WatchOptions options) => WatchParts.FromOptions(name, options, _client, _time);

    public void Dispose() => _client.Dispose();
}
