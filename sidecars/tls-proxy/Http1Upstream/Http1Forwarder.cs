using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Http1Upstream;

/// <summary>
/// Forwards requests to one application that speaks HTTP/1.1 without TLS, the usual case behind a sidecar. It copies bytes between the
/// two connections and creates no message objects. TLS, HTTP/2 and upgrades are left to YARP's forwarder; failures use its error codes.
/// </summary>
internal sealed class Http1Forwarder(UpstreamPool pool, Http1UpstreamSettings settings, IUpstreamEvents events)
{
    private readonly HeaderCache _cache = new();
    private readonly string _authority = settings.Url.Authority;

    /// <summary>Sends a request and copies the response; a failure is stored in <see cref="UpstreamExchange.Failure"/>.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="exchange">The state of the request.</param>
    /// <param name="target">Path and query, in ASCII.</param>
    public Task SendAsync(HttpContext context, UpstreamExchange exchange, string target) =>
        pool.TryRentIdle() is { } connection
            ? SendOnConnectionAsync(context, exchange, connection, target)
            : ConnectAndSendAsync(context, exchange, target);

    private async Task ConnectAndSendAsync(HttpContext context, UpstreamExchange exchange, string target)
    {
        UpstreamConnection connection;
        try
        {
            connection = await pool.OpenConnectionAsync(context.RequestAborted);
        }
        catch (HttpRequestException exception)
        {
            exchange.Failure = new ForwardingFailure(ForwarderError.Request, exception);
            return;
        }
        catch (OperationCanceledException exception)
        {
            exchange.Failure = new ForwardingFailure(ForwarderError.RequestCanceled, exception);
            return;
        }

        await SendOnConnectionAsync(context, exchange, connection, target);
    }

    private async Task SendOnConnectionAsync(HttpContext context, UpstreamExchange exchange, UpstreamConnection connection, string target)
    {
        // A reused connection may be closed already. It is unknown whether the application processed the request, so only idempotent
        // requests are sent again.
        var mayBeStale = connection.IsReused && IdempotentMethods.ContainsMethod(context.Request.Method);
        var (isStale, isReusable) = (false, false);
        connection.StartRequest();
        var abortRegistration = context.RequestAborted.UnsafeRegister(
            static c => ((UpstreamConnection)c!).Deadline.CutOffForGoneClient(), connection);
        var sending = Task.CompletedTask;
        try
        {
            sending = connection.Request.SendRequestAsync(context, target, _authority);
            isReusable = await CopyResponseAsync(context, exchange, connection);
        }
        catch (Exception exception)
            when (exception is SocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            isStale = mayBeStale
                && !connection.HasReceivedBytes
                && !connection.Deadline.IsCutOff
                && connection.Request.IsBodyUntouched
                && connection.Request.ClientFailure is null;
            exchange.Failure = isStale ? null : ForwardingFailure.FromException(context, connection, exception);
        }
        finally
        {
            if (!sending.IsCompleted)
            {
                // The response arrived before the end of the upload, or the exchange failed.
                connection.Deadline.CutOffAfterResponse();
            }

            await sending;
            abortRegistration.Dispose();
            if (connection.FinishRequest() && isReusable && connection.Request.IsComplete)
            {
                pool.ReturnConnection(connection);
            }
            else
            {
                pool.CloseConnection(connection);
            }
        }

        if (isStale)
        {
            // A new connection cannot be stale: a request that makes the application close connections is sent twice at most, and
            // not once for each idle connection.
            await ConnectAndSendAsync(context, exchange, target);
        }
    }

    /// <returns>Whether the connection is ready for another request.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> CopyResponseAsync(HttpContext context, UpstreamExchange exchange, UpstreamConnection connection)
    {
        if (connection.Request.ClientFailure is { } clientFailure)
        {
            throw new OperationCanceledException(clientFailure.Message);
        }

        var length = await connection.ReceiveHeadAsync();
        while (ResponseHead.ParseStatusLine(connection.Received[..length], out _, out _).Status is var interim and < 200)
        {
            // An interim response announces that the final one follows (RFC 9110, section 15.2).
            if (interim == StatusCodes.Status101SwitchingProtocols)
            {
                throw new MalformedResponseException("it switches protocols without a request to do so");
            }

            connection.ConsumeBytes(length);
            length = await connection.ReceiveHeadAsync();
        }

        var response = context.Response;
        var head = ResponseHead.ParseStatusLine(connection.Received[..length], out var headerLines, out var reason);
        if (events.OnResponseReceived(exchange, head.Status))
        {
            return false;
        }

        head.CopyStatus(reason, response);
        head.CopyHeaders(headerLines, _cache, response);
        connection.ConsumeBytes(length);
        events.OnHeadersCopied(exchange, response);
        if (head.Status == StatusCodes.Status205ResetContent)
        {
            response.ContentLength = 0;
            return head.KeepsAlive && head.SkipEmptyBody(connection);
        }

        if (head.HasNoBody(context.Request.Method))
        {
            // Bytes after the head would belong to no request; the check below closes the connection.
        }
        else if (head.IsChunked)
        {
            await ChunkedResponseBody.CopyChunksAsync(connection, _cache, response, exchange);
        }
        else if (head.EndsWithConnection)
        {
            await ResponseBody.CopyUntilCloseAsync(connection, response, exchange);
        }
        else
        {
            await ResponseBody.CopyFixedLengthAsync(connection, head.Length, response, exchange);
        }

        return head.KeepsAlive && connection.Received.IsEmpty;
    }
}
