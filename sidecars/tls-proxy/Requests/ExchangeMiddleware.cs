using TlsProxy.AccessLog;
using TlsProxy.Listeners;

namespace TlsProxy.Requests;

/// <summary>
/// The frame around every request: gives it its id, refuses what must not go on, redirects what came in plain HTTP, sets what the application may believe,
/// and in the end writes the line and counts.
/// </summary>
internal sealed partial class ExchangeMiddleware(
    RequestDelegate next,
    ForwardedHeaders forwarded,
    Redirect redirect,
    Answers answers,
    AccessLogWriter accessLog,
    ProxyMetrics metrics,
    TlsProxyOptions options,
    TimeProvider time,
    ILogger<ExchangeMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var client = context.Features.Get<ClientConnection>() ?? ClientConnection.Of(null);
        var exchange = new Exchange(
            time.GetTimestamp(), RequestIds.Ensure(request.Headers), RequestIds.TraceId(request.Headers.TraceParent), client);
        context.Features.Set(exchange);
        try
        {
            if (RequestRules.Refuse(request, options.Limits.BodyBytes) is { } refusal)
            {
                metrics.Refused(refusal.Error);
                if (!HttpProtocol.IsHttp2(request.Protocol))
                {
                    // Whatever follows on this connection may be the other reading of this request.
                    context.Response.Headers.Connection = "close";
                }

                await answers.WriteAsync(context, refusal.StatusCode, refusal.Error, refusal.Message);
            }
            else if (client.Tls is null)
            {
                await redirect.AnswerAsync(context, exchange);
            }
            else
            {
                RequestRules.Clean(request);
                forwarded.Apply(request, client);
                await next(context);
            }
        }
        catch (BadHttpRequestException e)
        {
            await answers.WriteAsync(context, e.StatusCode, "bad_request", e.Message);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            exchange.Error ??= "client_gone";
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            Log.ClientGone(logger, exchange.RequestId, e.GetType().Name);
        }
        catch (Exception e)
        {
            Log.Failed(logger, exchange.RequestId, e);
            await answers.WriteAsync(context, StatusCodes.Status500InternalServerError, "internal_error", "The proxy failed; its log has the cause under the request id.");
        }
        finally
        {
            var elapsed = time.GetElapsedTime(exchange.Started);
            metrics.Request(context.Response.StatusCode, request.Method, elapsed.TotalSeconds);
            accessLog.Write(context, exchange, elapsed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(130, LogLevel.Error, "Request {RequestId} failed in the proxy itself")]
        public static partial void Failed(ILogger logger, string requestId, Exception cause);

        [LoggerMessage(131, LogLevel.Debug, "Request {RequestId}: the client is gone ({Cause})")]
        public static partial void ClientGone(ILogger logger, string requestId, string cause);
    }
}
