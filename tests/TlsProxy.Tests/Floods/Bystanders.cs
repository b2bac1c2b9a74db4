using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using TlsProxy.Tests.Support;

namespace TlsProxy.Tests.Floods;

/// <summary>Clients who mean no harm, while others do: over a kept connection of either version, and over a new one each time.</summary>
internal sealed class Bystanders : IAsyncDisposable
{
    private readonly ConcurrentQueue<double> _milliseconds = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _answered;

    public Bystanders(Uri url) => _running = Task.WhenAll(
        Task.Run(() => AskAsync(url, HttpVersion.Version11, isNew: false)),
        Task.Run(() => AskAsync(url, HttpVersion.Version20, isNew: false)),
        Task.Run(() => AskAsync(url, HttpVersion.Version11, isNew: true)));

    /// <summary>Requests that were answered so far.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Waits until so many more were answered, at the latest within a minute.</summary>
    public async Task AreServedAsync(int more)
    {
        var wanted = Answered + more;
        await Eventually.AssertAsync(() => Answered >= wanted || !_failures.IsEmpty, $"{more} more requests of others");
    }

    /// <summary>Ends them, and sees that every request of theirs was answered.</summary>
    /// <returns>How they fared, in words.</returns>
    public async Task<string> EndAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Assert.Empty(_failures);
        var sorted = _milliseconds.Order().ToList();
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{sorted.Count} requests of others: median {sorted[sorted.Count / 2]:F1} ms, p99 {sorted[sorted.Count * 99 / 100]:F1} ms, longest {sorted[^1]:F1} ms");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task AskAsync(Uri url, Version version, bool isNew)
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
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                _failures.Enqueue($"{version} {(isNew ? "new" : "kept")}: {e.Message} {e.InnerException?.Message}");
            }

            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Interlocked.Increment(ref _answered);
            await pause.WaitForNextTickAsync();
        }

        client.Dispose();
    }
}
