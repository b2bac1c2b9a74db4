using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Clients;
using TlsProxy.Requests;

namespace TlsProxy.Pipeline;

/// <summary>
/// Records requests that Kestrel rejects before the middleware runs: invalid lines and headers, and requests that are too long or too slow.
/// They appear in the access log and in the metrics, so that attempts of this kind are visible.
/// </summary>
internal sealed class MalformedRequestObserver(RequestRecorder recorder, TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    /// <summary>Kestrel's diagnostic event ("Diagnostics in Kestrel" in its documentation).</summary>
    private const string BadRequestEvent = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Subscribes to this one event only, because every other event would be raised for each request.</summary>
    public void SubscribeTo(DiagnosticListener kestrel) => kestrel.Subscribe(this, static (name, _, _) => name == BadRequestEvent);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features
            || features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException failure
            || features.Get<RequestState>() is not null)
        {
            // A request that reached the middleware is recorded there.
            return;
        }

        var context = new DefaultHttpContext(features);
        var (request, response) = (context.Request, context.Response);
        var client = features.Get<ClientConnection>() ?? ClientConnection.FromEndPoint(null);
        var state = new RequestState(time.GetTimestamp(), RequestIds.EnsureRequestId(request.Headers), traceId: null, client)
        {
            Error = GetErrorCode(failure.StatusCode),
        };
        if (!response.HasStarted)
        {
            // Kestrel sends its own response with this status later.
            response.StatusCode = failure.StatusCode;
        }

        recorder.CountRejection(state.Error);
        recorder.RecordRequest(context, state, TimeSpan.Zero);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static string GetErrorCode(int status) => status switch
    {
        StatusCodes.Status408RequestTimeout => "request_timeout",
        StatusCodes.Status414UriTooLong => "target_too_long",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "headers_too_large",
        _ => "bad_request",
    };
}
