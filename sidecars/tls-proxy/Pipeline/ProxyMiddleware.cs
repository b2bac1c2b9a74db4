using TlsProxy.Clients;
using TlsProxy.Requests;
using TlsProxy.Responses;

namespace TlsProxy.Pipeline;

/// <summary>
/// Surrounds every request: assigns its id, rejects what must not be forwarded, redirects plain HTTP, sets the forwarding headers, and
/// finally records the request.
/// </summary>
internal sealed partial class ProxyMiddleware(
    RequestDelegate next,
    ForwardedHeaders forwarded,
    HttpsRedirect redirect,
    ProxyResponses responses,
    RequestRecorder recorder,
    LimitsOptions limits,
    TimeProvider time,
    ILogger<ProxyMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var client = context.Features.Get<ClientConnection>() ?? ClientConnection.FromEndPoint(null);
        var state = new RequestState(
            time.GetTimestamp(), RequestIds.EnsureRequestId(request.Headers), RequestIds.ParseTraceId(request.Headers.TraceParent), client);
        context.Features.Set(state);
        try
        {
            if (RequestRules.FindViolation(request, limits.BodyBytes) is { } violation)
            {
                recorder.CountRejection(violation.Error);
                if (!HttpProtocol.IsHttp2(request.Protocol))
                {
                    // The next bytes on this connection may belong to the other interpretation of this request.
                    context.Response.Headers.Connection = "close";
                }

                await responses.WriteErrorAsync(context, violation.StatusCode, violation.Error, violation.Message);
            }
            else if (client.Tls is null)
            {
                await redirect.RedirectRequestAsync(context, state);
            }
            else
            {
                RequestRules.RemoveUntrustedHeaders(request);
                forwarded.ApplyHeaders(request, client);
                await next(context);
            }
        }
        catch (BadHttpRequestException exception)
        {
            await responses.WriteErrorAsync(context, exception.StatusCode, "bad_request", exception.Message);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested)
        {
            state.Error ??= "client_gone";
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            Log.ClientDisconnected(logger, state.RequestId, exception.GetType().Name);
        }
        catch (Exception exception)
        {
            Log.RequestFailed(logger, state.RequestId, exception);
            await responses.WriteErrorAsync(
                context,
                StatusCodes.Status500InternalServerError,
                "internal_error",
                "The proxy failed. Its log contains the cause together with the request id.");
        }
        finally
        {
            recorder.RecordRequest(context, state, time.GetElapsedTime(state.Started));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Error, "Request {RequestId} failed inside the proxy")]
        public static partial void RequestFailed(ILogger logger, string requestId, Exception exception);

        [LoggerMessage(131, LogLevel.Debug, "Client disconnected during request {RequestId} ({Cause})")]
        public static partial void ClientDisconnected(ILogger logger, string requestId, string cause);
    }
}
