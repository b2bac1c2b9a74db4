using System.Net;
using System.Net.Sockets;

namespace TlsProxy.Http1Upstream;

/// <summary>
/// The connections to the application. The most recently used connection is reused first, so connections that only a traffic peak
/// needed become idle and are closed. One timer closes idle connections and aborts those on which no byte has moved for too long.
/// </summary>
internal sealed class UpstreamPool : IDisposable
{
    /// <summary>Shorter than the 60 to 130 s after which applications close an idle connection.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(50);

    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<UpstreamConnection> _all = [];

    /// <summary>The most recently used connection is the last one.</summary>
    private readonly List<UpstreamConnection> _idle = [];

    private readonly EndPoint _endpoint;
    private readonly string _authority;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeSpan _activityTimeout;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private bool _disposed;

    public UpstreamPool(Http1UpstreamSettings settings, TimeProvider time)
    {
        var url = settings.Url;
        _authority = url.Authority;
        _endpoint = IPAddress.TryParse(url.DnsSafeHost, out var address)
            ? new IPEndPoint(address, url.Port)
            : new DnsEndPoint(url.DnsSafeHost, url.Port);
        _connectTimeout = settings.ConnectTimeout;
        _activityTimeout = settings.ActivityTimeout;
        _interval = _activityTimeout / 8 < LongestInterval ? _activityTimeout / 8 : LongestInterval;
        _time = time;
        _timer = time.CreateTimer(_ => CloseExpiredConnections(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>An idle connection; null when there is none.</summary>
    public UpstreamConnection? TryRentIdle()
    {
        while (true)
        {
            UpstreamConnection connection;
            lock (_lock)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.IsStillIdle())
            {
                return connection;
            }

            CloseConnection(connection);
        }
    }

    /// <summary>Opens a new connection.</summary>
    /// <exception cref="HttpRequestException">The connection failed or timed out.</exception>
    /// <exception cref="OperationCanceledException">The client disconnected.</exception>
    public async Task<UpstreamConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        var socket = _endpoint is IPEndPoint { AddressFamily: var family }
            ? new Socket(family, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            using var timeout = new CancellationTokenSource(_connectTimeout, _time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await socket.ConnectAsync(_endpoint, linked.Token);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            var error = exception.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                ? HttpRequestError.NameResolutionError
                : HttpRequestError.ConnectionError;
            throw new HttpRequestException(error, $"Connecting to {_authority} failed: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new HttpRequestException(
                HttpRequestError.ConnectionError,
                $"Connecting to {_authority} timed out after {_connectTimeout.TotalSeconds} s.",
                new TimeoutException(null, exception));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new UpstreamConnection(socket, _time, _activityTimeout);
        lock (_lock)
        {
            if (!_disposed)
            {
                if (_all.Count == 0)
                {
                    _timer.Change(_interval, _interval);
                }

                _all.Add(connection);
                return connection;
            }
        }

        connection.Dispose();
        throw new OperationCanceledException("The proxy has stopped.");
    }

    /// <summary>Makes a connection available for reuse. Its exchange must be complete.</summary>
    public void ReturnConnection(UpstreamConnection connection)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _idle.Add(connection);
                return;
            }
        }

        connection.Dispose();
    }

    /// <summary>Closes a connection that cannot be reused.</summary>
    public void CloseConnection(UpstreamConnection connection)
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
            foreach (var connection in _idle)
            {
                connection.Dispose();
            }

            _idle.Clear();
            _all.Clear();
        }
    }

    private void CloseExpiredConnections()
    {
        var now = _time.GetTimestamp();
        List<UpstreamConnection>? silent = null;
        List<UpstreamConnection> expired;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            foreach (var connection in _all)
            {
                if (connection.Deadline.IsExpired(now))
                {
                    (silent ??= []).Add(connection);
                }
            }

            var firstFresh = _idle.FindIndex(c => _time.GetElapsedTime(c.IdleSince, now) < IdleTimeout);
            firstFresh = firstFresh < 0 ? _idle.Count : firstFresh;
            expired = _idle.GetRange(0, firstFresh);
            expired.ForEach(connection => _all.Remove(connection));
            _idle.RemoveRange(0, firstFresh);
            if (_all.Count == 0)
            {
                // No connections: stop the timer so that an idle proxy does not wake up.
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        // Not inside the lock: requests would wait, and the requests that are aborted here continue on this thread and take the lock.
        expired.ForEach(connection => connection.Dispose());
        silent?.ForEach(connection => connection.Deadline.CutOffIfExpired(now));
    }
}
