using System.Net.Sockets;
using TlsProxy.Requests;
using TlsProxy.Retries;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding.Http1;

/// <summary>
/// The way to one application that speaks HTTP/1.1 without TLS, which is what stands behind a sidecar: a request goes from
/// the client's connection onto one of the application's and its answer back, with nothing made in between but the
/// bytes. It says what failed in the way of YARP's forwarder, which takes the other cases (TLS, HTTP/2, upgrades).
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

    /// <summary>Sends a request, and its answer back; what failed stands in the context as <see cref="IForwarderErrorFeature"/>.</summary>
    public async Task SendAsync(HttpContext context)
    {
        var target = UpstreamTarget.PathAndQuery(context, _basePath);
        ForwardingFailure? failure = null;
        do
        {
            try
            {
                // After a stale connection a new one, which cannot be: what makes the application drop connections goes to it
                // twice at most, and not once for each that rests.
                var connection = (failure is null ? pool.TryRent() : null) ?? await pool.ConnectAsync(context.RequestAborted);
                failure = await PassAsync(context, connection, target);
            }
            catch (HttpRequestException e)
            {
                failure = new(ForwarderError.Request, e);
            }
            catch (OperationCanceledException e)
            {
                failure = new(ForwarderError.RequestCanceled, e);
            }
        }
        while (failure == ForwardingFailure.Stale);

        if (failure is not null)
        {
            context.Features.Set<IForwarderErrorFeature>(failure);
        }
    }

    /// <returns>What failed; null when nothing did.</returns>
    private async Task<ForwardingFailure?> PassAsync(HttpContext context, UpstreamConnection connection, string target)
    {
        // Whether it was closed before or after the application took the request cannot be told.
        var mayBeStale = connection.IsReused && RetryState.IsIdempotent(context.Request.Method);
        var isReusable = false;
        connection.Begin();
        var gone = context.RequestAborted.UnsafeRegister(static c => ((UpstreamConnection)c!).Abandon(), connection);
        var sending = Task.CompletedTask;
        try
        {
            sending = connection.Request.SendAsync(context, target, _authority);
            isReusable = await AnswerAsync(context, connection);
            return null;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            return connection.HasAnswered || !mayBeStale || connection.IsCutOff || !connection.Request.IsBodyUntouched || connection.Request.ClientFailure is not null
                ? ForwardingFailure.Of(context, connection, e)
                : ForwardingFailure.Stale;
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
    }

    /// <returns>Whether the connection is where it was before the request.</returns>
    private async ValueTask<bool> AnswerAsync(HttpContext context, UpstreamConnection connection)
    {
        if (connection.Request.ClientFailure is { } refused)
        {
            throw new OperationCanceledException(refused.Message);
        }

        var length = await ReceiveHeadAsync(connection);
        var exchange = Exchange.Of(context);
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

    /// <summary>Receives an answer's headers, past those that only say that it will come (RFC 9110, section 15.2).</summary>
    /// <returns>Their length.</returns>
    private static async ValueTask<int> ReceiveHeadAsync(UpstreamConnection connection)
    {
        while (true)
        {
            int length;
            while ((length = ResponseHead.Measure(connection.Received)) == 0)
            {
                if (await connection.ReceiveAsync() == 0)
                {
                    throw new BrokenAnswerException(connection.HasAnswered ? "it ends within its headers" : "there is none");
                }
            }

            switch (ResponseHead.ReadStatus(connection.Received[..length], out _, out _).Status)
            {
                case StatusCodes.Status101SwitchingProtocols:
                    throw new BrokenAnswerException("it changes the protocol, which nobody asked for");
                case < 200:
                    connection.Consume(length);
                    break;
                default:
                    return length;
            }
        }
    }
}
