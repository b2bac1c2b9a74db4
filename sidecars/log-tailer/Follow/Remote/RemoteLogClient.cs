using System.Globalization;
using System.Net.Sockets;

namespace LogTailer.Follow.Remote;

/// <summary>Requests a log that an agent serves over HTTP, starting at a position.</summary>
internal sealed class RemoteLogClient : IDisposable
{
    /// <summary>The timeout for the response headers. The body of a followed log has no timeout.</summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(30);

    private static readonly string[] ReservedParameters = ["follow", "from", "tail"];

    private readonly HttpClient _client;
    private readonly string _query;

    public RemoteLogClient(Uri url)
    {
        // Without a path in the URL, the agent's path is used.
        Url = new UriBuilder(url) { Path = url.AbsolutePath == "/" ? "/logs" : url.AbsolutePath, Query = "", Fragment = "" }.Uri;
        _query = string.Concat(url.Query.TrimStart('?').Split('&')
            .Where(parameter => parameter.Length > 0 && !ReservedParameters.Contains(parameter.Split('=')[0]))
            .Select(parameter => parameter + "&"));
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = ConnectWithKeepAliveAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The URL of the log.</summary>
    public Uri Url { get; }

    /// <summary>Requests the log.</summary>
    /// <param name="from">
    /// <c>oldest</c>, <c>end</c>, or a position of an earlier response. A server without positions sends the entire log.
    /// </param>
    /// <param name="follow">Whether the response continues with lines that are written later.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="HttpRequestException">The request failed; with the status, if there is a response.</exception>
    /// <exception cref="TimeoutException">The server did not respond.</exception>
    public async Task<RemoteLogResponse> RequestLogAsync(string from, bool follow, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ResponseTimeout);
        HttpResponseMessage? response = null;

        try
        {
            var url = new Uri($"{Url}?{_query}follow={(follow ? "true" : "false")}&from={Uri.EscapeDataString(from)}");
            response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, timeout.Token);

            if ((int)response.StatusCode is < 200 or >= 300)
            {
                throw new HttpRequestException($"The server returned {(int)response.StatusCode}.", null, response.StatusCode);
            }

            return new RemoteLogResponse(response, await response.Content.ReadAsStreamAsync(timeout.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new TimeoutException(
                string.Create(CultureInfo.InvariantCulture, $"No response within {ResponseTimeout.TotalSeconds} s."));
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A followed log may be silent for hours. TCP keep-alive distinguishes a quiet agent from a node that has failed.</summary>
    private static async ValueTask<Stream> ConnectWithKeepAliveAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
