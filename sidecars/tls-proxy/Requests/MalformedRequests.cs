using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.AccessLog;
using TlsProxy.Listeners;

namespace TlsProxy.Requests;

/// <summary>
/// What Kestrel refuses before it is a request to anybody here: broken lines and headers, too long, too slow. It has its
/// line in the access log and its count all the same, since whoever tries such things is to be seen.
/// </summary>
internal sealed class MalformedRequests(AccessLogWriter accessLog, ProxyMetrics metrics, TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    /// <summary>Kestrel's name for it, of which its documentation tells under "Diagnostics in Kestrel".</summary>
    private const string Refused = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Listens to that one event and to no other: each would cost every request.</summary>
    public void Observe(DiagnosticListener kestrel) => kestrel.Subscribe(this, static (name, _, _) => name == Refused);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features
            || features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException refusal
            || features.Get<Exchange>() is not null)
        {
            // One that got as far as to the middleware has its line from there.
            return;
        }

        var context = new DefaultHttpContext(features);
        var (request, response) = (context.Request, context.Response);
        var exchange = new Exchange(
            time.GetTimestamp(), RequestIds.Ensure(request.Headers), traceId: null, features.Get<ClientConnection>() ?? ClientConnection.Of(null))
        {
            Error = Word(refusal.StatusCode),
        };
        if (!response.HasStarted)
        {
            // Kestrel's own answer, with this status, comes after this.
            response.StatusCode = refusal.StatusCode;
        }

        metrics.Refused(exchange.Error);
        metrics.Request(response.StatusCode, request.Method, seconds: 0);
        accessLog.Write(context, exchange, TimeSpan.Zero);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static string Word(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => "request_timeout",
        StatusCodes.Status414UriTooLong => "target_too_long",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "headers_too_large",
        _ => "bad_request",
    };
}
