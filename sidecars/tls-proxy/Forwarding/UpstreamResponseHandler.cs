using TlsProxy.Http1Upstream;
using TlsProxy.Requests;
using TlsProxy.Responses;
using TlsProxy.Upstream;

namespace TlsProxy.Forwarding;

/// <summary>What every response of the application passes, on both upstream paths: times, health, retries, standard headers.</summary>
internal sealed class UpstreamResponseHandler(ProxyResponses responses, UpstreamHealth health, TimeProvider time) : IUpstreamEvents
{
    public bool OnResponseReceived(UpstreamExchange exchange, int status)
    {
        var state = (RequestState)exchange;
        state.UpstreamResponded = time.GetTimestamp();
        health.RecordResponse();
        return state.Retry is { } retry && retry.ShouldDiscardResponse(status);
    }

    public void OnHeadersCopied(UpstreamExchange exchange, HttpResponse response) =>
        responses.AddStandardHeaders(response, (RequestState)exchange);

    /// <summary>The headers are copied by YARP.</summary>
    /// <returns>Whether YARP should copy the body.</returns>
    public bool OnHeadersCopiedByYarp(HttpContext context)
    {
        var state = RequestState.FromContext(context);
        responses.AddStandardHeaders(context.Response, state);
        state.CountResponseBody(context.Response);
        if (context.Response.StatusCode != StatusCodes.Status205ResetContent)
        {
            return true;
        }

        // A 205 has no content (RFC 9110, section 15.3.6), and Kestrel accepts none.
        context.Response.ContentLength = 0;
        return false;
    }
}
