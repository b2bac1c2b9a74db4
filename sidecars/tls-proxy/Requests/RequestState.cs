using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Clients;
using TlsProxy.Files;
using TlsProxy.Http1Upstream;
using TlsProxy.Retries;
using TlsProxy.Streams;

namespace TlsProxy.Requests;

/// <summary>The state of one request on its way through the proxy, and the source of its line in the access log.</summary>
internal sealed class RequestState(long started, string requestId, string? traceId, ClientConnection client) : UpstreamExchange
{
    private bool _countsBody;

    /// <summary>Timestamp at which the request headers were received.</summary>
    public long Started { get; } = started;

    public string RequestId { get; } = requestId;

    /// <summary>From <c>traceparent</c>; null when the client sent none.</summary>
    public string? TraceId { get; } = traceId;

    public ClientConnection Client { get; } = client;

    /// <summary>Timestamp at which the request was sent to the application; 0 when it was not.</summary>
    public long UpstreamStarted { get; set; }

    /// <summary>Timestamp at which the headers of the application's response arrived; 0 when they did not.</summary>
    public long UpstreamResponded { get; set; }

    /// <summary>The authenticated identity, from an API key or token; null without authentication.</summary>
    public string? Identity { get; set; }

    /// <summary>The cluster chosen by a canary instead of the route's own; null otherwise.</summary>
    public string? Cluster { get; set; }

    /// <summary>Attempts to send the request where retries are possible; 0 where they are not.</summary>
    public int Attempts { get; set; }

    /// <summary>Decides about retries; null where they are not possible.</summary>
    public RetryState? Retry { get; set; }

    /// <summary>The egress token of the route; null for the one of <c>Upstream:TokenFile</c>.</summary>
    public WatchedFile<string>? EgressToken { get; set; }

    /// <summary>The error code of a failed request; null when it succeeded.</summary>
    public string? Error { get; set; }

    public static RequestState FromContext(HttpContext context) => context.Features.GetRequiredFeature<RequestState>();

    /// <summary>Counts what is written to the body of a response, or to its tunnel, as YARP does.</summary>
    public void CountResponseBody(HttpResponse response)
    {
        if (_countsBody)
        {
            return;
        }

        _countsBody = true;
        var features = response.HttpContext.Features;
        var body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        features.Set<IHttpResponseBodyFeature>(new CountedResponseBody(body, new CountingStream(body.Stream, this)));
        CountedTunnel.WrapFeatures(features, this);
    }
}
