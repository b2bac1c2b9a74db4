using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Floods;

/// <summary>
/// Normal clients during an attack: with one kept connection for each HTTP version, and with a new connection for each request.
/// </summary>
internal sealed class NormalClients : IAsyncDisposable
{
    private readonly ConcurrentQueue<double> _milliseconds = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _served;

    public NormalClients(Uri url) => _running = Task.WhenAll(
        Task.Run(() => SendRequestsAsync(url, HttpVersion.Version11, isNew: false)),
        Task.Run(() => SendRequestsAsync(url, HttpVersion.Version20, isNew: false)),
        Task.Run(() => SendRequestsAsync(url, HttpVersion.Version11, isNew: true)));

    /// <summary>Requests served so far.</summary>
    public int Served => Volatile.Read(ref _served);

    /// <summary>Waits until this number of further requests was served, within a minute.</summary>
    public async Task WaitForServedAsync(int more)
    {
        var wanted = Served + more;
        await Eventually.AssertAsync(() => Served >= wanted || !_failures.IsEmpty, $"{more} more requests of others");
    }

    /// <summary>Stops the clients, and asserts that every request was served.</summary>
    /// <returns>A summary of the latencies.</returns>
    public async Task<string> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Assert.Empty(_failures);
        var sorted = _milliseconds.Order().ToList();
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{sorted.Count} requests of other clients: median {sorted[sorted.Count / 2]:F1} ms, p99 {sorted[sorted.Count * 99 / 100]:F1} ms, longest {sorted[^1]:F1} ms");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task SendRequestsAsync(Uri url, Version version, bool isNew)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var client = RunningProxy.Client(version);
        while (!_stop.IsCancellationRequested)
        {
            if (isNew)
            {
                client.Dispose();
                client = RunningProxy.Client(version);
            }

            var started = Stopwatch.GetTimestamp();
            try
            {
                using var answer = await client.GetAsync(url);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    _failures.Enqueue($"{version} {(isNew ? "new" : "kept")}: {answer.StatusCode}");
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                _failures.Enqueue($"{version} {(isNew ? "new" : "kept")}: {exception.Message} {exception.InnerException?.Message}");
            }

            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Interlocked.Increment(ref _served);
            await pause.WaitForNextTickAsync();
        }

        client.Dispose();
    }
}
