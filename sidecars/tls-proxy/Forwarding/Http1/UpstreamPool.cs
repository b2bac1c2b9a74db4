using System.Net;
using System.Net.Sockets;

namespace TlsProxy.Forwarding.Http1;

/// <summary>
/// The connections to the application. The last one used is the first used again, so that those that a rush needed come
/// to rest and are closed; one timer closes them, and cuts off those on which the application is silent for too long.
/// </summary>
internal sealed class UpstreamPool : IDisposable
{
    /// <summary>Under the 60 to 130 s after which applications drop an idle connection.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(50);

    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<UpstreamConnection> _all = [];

    /// <summary>The last one used is at the end.</summary>
    private readonly List<UpstreamConnection> _resting = [];

    private readonly EndPoint _endpoint;
    private readonly string _name;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeSpan _patience;
    private readonly TimeSpan _period;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private bool _disposed;

    public UpstreamPool(TlsProxyOptions options, TimeProvider time)
    {
        var upstream = options.Upstream;
        _name = upstream.Url.Authority;
        _endpoint = IPAddress.TryParse(upstream.Url.DnsSafeHost, out var address)
            ? new IPEndPoint(address, upstream.Url.Port)
            : new DnsEndPoint(upstream.Url.DnsSafeHost, upstream.Url.Port);
        _connectTimeout = TimeSpan.FromSeconds(upstream.ConnectTimeoutSeconds);
        _patience = TimeSpan.FromSeconds(upstream.TimeoutSeconds);
        _period = _patience / 8 < LongestPeriod ? _patience / 8 : LongestPeriod;
        _time = time;
        _timer = time.CreateTimer(_ => LookAround(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A connection that rests; null when there is none.</summary>
    public UpstreamConnection? TryRent()
    {
        while (true)
        {
            UpstreamConnection connection;
            lock (_lock)
            {
                if (_resting.Count == 0)
                {
                    return null;
                }

                connection = _resting[^1];
                _resting.RemoveAt(_resting.Count - 1);
            }

            if (connection.IsQuiet())
            {
                return connection;
            }

            Discard(connection);
        }
    }

    /// <summary>A new connection.</summary>
    /// <exception cref="HttpRequestException">There is none to be had.</exception>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async Task<UpstreamConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = _endpoint is IPEndPoint { AddressFamily: var family }
            ? new Socket(family, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            using var timeout = new CancellationTokenSource(_connectTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await socket.ConnectAsync(_endpoint, either.Token);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var error = e.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                ? HttpRequestError.NameResolutionError
                : HttpRequestError.ConnectionError;
            throw new HttpRequestException(error, $"No connection to {_name}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new HttpRequestException(
                HttpRequestError.ConnectionError, $"No connection to {_name} within {_connectTimeout.TotalSeconds} s.", new TimeoutException(null, e));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new UpstreamConnection(socket, _time, _patience);
        lock (_lock)
        {
            if (!_disposed)
            {
                if (_all.Count == 0)
                {
                    _timer.Change(_period, _period);
                }

                _all.Add(connection);
                return connection;
            }
        }

        connection.Dispose();
        throw new OperationCanceledException("The proxy has ended.");
    }

    /// <summary>Takes a connection back whose answer is whole, for the next request.</summary>
    public void Return(UpstreamConnection connection)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _resting.Add(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>Closes a connection of which nothing more is expected.</summary>
    public void Discard(UpstreamConnection connection)
    {
        lock (_lock)
        {
            _all.Remove(connection);
        }

        connection.Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _timer.Dispose();
            foreach (var connection in _resting)
            {
                connection.Dispose();
            }

            _resting.Clear();
            _all.Clear();
        }
    }

    private void LookAround()
    {
        var now = _time.GetTimestamp();
        List<UpstreamConnection>? silent = null;
        List<UpstreamConnection> overdue;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            foreach (var connection in _all)
            {
                if (connection.IsSilent(now))
                {
                    (silent ??= []).Add(connection);
                }
            }

            var rested = _resting.FindIndex(c => _time.GetElapsedTime(c.RestsSince, now) < LongestRest);
            rested = rested < 0 ? _resting.Count : rested;
            overdue = _resting.GetRange(0, rested);
            overdue.ForEach(connection => _all.Remove(connection));
            _resting.RemoveRange(0, rested);
            if (_all.Count == 0)
            {
                // Nothing to look at: an idle proxy sleeps.
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        // Without the lock, for which every request waits; and those of the silent ones go on from here, and take it.
        overdue.ForEach(connection => connection.Dispose());
        silent?.ForEach(connection => connection.CutOffIfSilent(now));
    }
}
