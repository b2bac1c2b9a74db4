using System.Net.Sockets;
using System.Runtime.CompilerServices;
using TlsProxy.Requests;
using TlsProxy.Retries;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding.Http1;

/// <summary>
/// The way to one application that speaks HTTP/1.1 without TLS, which is what stands behind a sidecar: a request goes from
/// the client's connection onto one of the application's and its answer back, with nothing made in between but the
/// bytes. What failed it says in the words of YARP's forwarder, which takes the other cases (TLS, HTTP/2, upgrades).
/// </summary>
internal sealed class Http1Forwarder(
    UpstreamPool pool, Answers answers, UpstreamState state, TlsProxyOptions options, TimeProvider time)
{
    private readonly HeaderCatalog _catalog = new();
    private readonly string _authority = options.Upstream.Url.Authority;
    private readonly string _basePath = options.Upstream.Url.AbsolutePath.TrimEnd('/');

    /// <summary>Whether this is a way to that application.</summary>
    public static bool Reaches(UpstreamOptions upstream) =>
        upstream.Url.Scheme == Uri.UriSchemeHttp && upstream.Protocol == UpstreamProtocol.Http1;

    /// <summary>Sends a request, and its answer back; what failed stands in <see cref="Exchange.Failure"/>.</summary>
    public Task SendAsync(HttpContext context, Exchange exchange)
    {
        var target = UpstreamTarget.PathAndQuery(context, _basePath);
        return pool.TryRent() is { } rested
            ? PassAsync(context, exchange, rested, target)
            : ConnectAndPassAsync(context, exchange, target);
    }

    private async Task ConnectAndPassAsync(HttpContext context, Exchange exchange, string target)
    {
        UpstreamConnection connection;
        try
        {
            connection = await pool.ConnectAsync(context.RequestAborted);
        }
        catch (HttpRequestException e)
        {
            exchange.Failure = new ForwardingFailure(ForwarderError.Request, e);
            return;
        }
        catch (OperationCanceledException e)
        {
            exchange.Failure = new ForwardingFailure(ForwarderError.RequestCanceled, e);
            return;
        }

        await PassAsync(context, exchange, connection, target);
    }

    private async Task PassAsync(HttpContext context, Exchange exchange, UpstreamConnection connection, string target)
    {
        // Whether it was closed before or after the application took the request cannot be told.
        var mayBeStale = connection.IsReused && RetryState.IsIdempotent(context.Request.Method);
        var (isStale, isReusable) = (false, false);
        connection.Begin();
        var gone = context.RequestAborted.UnsafeRegister(static c => ((UpstreamConnection)c!).Abandon(), connection);
        var sending = Task.CompletedTask;
        try
        {
            sending = connection.Request.SendAsync(context, target, _authority);
            isReusable = await AnswerAsync(context, exchange, connection);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            isStale = mayBeStale && !connection.HasAnswered && !connection.IsCutOff && connection.Request.IsBodyUntouched && connection.Request.ClientFailure is null;
            exchange.Failure = isStale ? null : ForwardingFailure.Of(context, connection, e);
        }
        finally
        {
            if (!sending.IsCompleted)
            {
                // Answered without waiting for the rest of the body, or broken.
                connection.Finish();
            }

            await sending;
            gone.Dispose();
            if (connection.End() && isReusable && connection.Request.IsComplete)
            {
                pool.Return(connection);
            }
            else
            {
                pool.Discard(connection);
            }
        }

        if (isStale)
        {
            // On a new connection, which cannot be: what makes the application drop connections goes to it twice at most, and
            // not once for each that rests.
            await ConnectAndPassAsync(context, exchange, target);
        }
    }

    /// <returns>Whether the connection is where it was before the request.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AnswerAsync(HttpContext context, Exchange exchange, UpstreamConnection connection)
    {
        if (connection.Request.ClientFailure is { } refused)
        {
            throw new OperationCanceledException(refused.Message);
        }

        var length = await connection.ReceiveHeadAsync();
        while (ResponseHead.ReadStatus(connection.Received[..length], out _, out _).Status is var interim and < 200)
        {
            // It only says that the answer will come (RFC 9110, section 15.2).
            if (interim == StatusCodes.Status101SwitchingProtocols)
            {
                throw new BrokenAnswerException("it changes the protocol, which nobody asked for");
            }

            connection.Consume(length);
            length = await connection.ReceiveHeadAsync();
        }

        exchange.UpstreamAnswered = time.GetTimestamp();
        state.Reached();

        var response = context.Response;
        var head = ResponseHead.ReadStatus(connection.Received[..length], out var lines, out var reason);
        if (exchange.Retry is { } retry && retry.WantsAnotherAnswer(head.Status))
        {
            return false;
        }

        head.CopyStatus(reason, response);
        head.CopyHeaders(lines, _catalog, response);
        connection.Consume(length);
        answers.AddHeaders(response, exchange);
        if (head.HasNoBody(context.Request.Method))
        {
            // What follows would be the answer to a question that nobody asked.
        }
        else if (head.IsChunked)
        {
            await ResponseBody.CopyChunksAsync(connection, _catalog, response, exchange);
        }
        else if (head.EndsWithConnection)
        {
            await ResponseBody.CopyToEndAsync(connection, response, exchange);
        }
        else
        {
            await ResponseBody.CopyAsync(connection, head.Length, response, exchange);
        }

        return head.KeepsAlive && connection.Received.IsEmpty;
    }
}
