using System.Globalization;
using System.Net.Sockets;

namespace LogTailer.Follow.Remote;

/// <summary>A log that an agent serves over HTTP: asks for it from a position on.</summary>
internal sealed class RemoteLog : IDisposable
{
    /// <summary>How long the headers of an answer may take; the body of one that follows takes for ever.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string[] OwnParameters = ["follow", "from", "tail"];

    private readonly HttpClient _client;
    private readonly string _query;

    public RemoteLog(Uri url)
    {
        // Where only the server is named, the path is the agent's.
        Url = new UriBuilder(url) { Path = url.AbsolutePath == "/" ? "/logs" : url.AbsolutePath, Query = "", Fragment = "" }.Uri;
        _query = string.Concat(url.Query.TrimStart('?').Split('&').Where(p => p.Length > 0 && !OwnParameters.Contains(p.Split('=')[0])).Select(p => p + "&"));
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Where it is served.</summary>
    public Uri Url { get; }

    /// <summary>Asks for the log from <paramref name="from"/> on.</summary>
    /// <param name="from"><c>oldest</c>, <c>end</c>, or a position that an answer has named; who serves no positions sends everything.</param>
    /// <param name="follow">Whether the answer goes on with what is written from now on.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="HttpRequestException">There is no such answer; with the status, where there is one.</exception>
    /// <exception cref="TimeoutException">It does not answer.</exception>
    public async Task<RemoteAnswer> OpenAsync(string from, bool follow, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        HttpResponseMessage? response = null;

        try
        {
            var url = new Uri($"{Url}?{_query}follow={(follow ? "true" : "false")}&from={Uri.EscapeDataString(from)}");
            response = await _client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, patience.Token);

            if ((int)response.StatusCode is < 200 or >= 300)
            {
                throw new HttpRequestException($"It answers {(int)response.StatusCode}.", null, response.StatusCode);
            }

            return new RemoteAnswer(response, await response.Content.ReadAsStreamAsync(patience.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"It did not answer within {Patience.TotalSeconds} s."));
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A follower may hear nothing for hours: keep-alive tells a quiet agent from one whose node is gone.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
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
