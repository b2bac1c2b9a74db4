using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Files;
using TlsProxy.Listeners;
using TlsProxy.Retries;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Requests;

/// <summary>One request on its way through, and what the access log will say of it.</summary>
internal sealed class Exchange(long started, string requestId, string? traceId, ClientConnection client)
{
    private IByteCount? _counted;
    private long _sent;

    /// <summary>Timestamp at which its headers were there.</summary>
    public long Started { get; } = started;

    public string RequestId { get; } = requestId;

    /// <summary>Out of <c>traceparent</c>; null when the client sent none.</summary>
    public string? TraceId { get; } = traceId;

    public ClientConnection Client { get; } = client;

    /// <summary>Timestamp at which it went to the application; 0 when it never did.</summary>
    public long UpstreamStarted { get; set; }

    /// <summary>Timestamp at which the application's headers came; 0 when they never did.</summary>
    public long UpstreamAnswered { get; set; }

    /// <summary>Who asks, by API key or token; null when the route does not ask.</summary>
    public string? Identity { get; set; }

    /// <summary>The cluster that a canary chose over the route's own; null otherwise.</summary>
    public string? Cluster { get; set; }

    /// <summary>How often it went to the application where retries are possible; 0 where they are not.</summary>
    public int Attempts { get; set; }

    /// <summary>Says whether it may go once more; null where it may not.</summary>
    public RetryState? Retry { get; set; }

    /// <summary>The egress token of its route; null for that of the application.</summary>
    public WatchedFile<string>? Token { get; set; }

    /// <summary>What the way to the application says of its failure; null when nothing failed there.</summary>
    public IForwarderErrorFeature? Failure { get; set; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Error { get; set; }

    /// <summary>
    /// Bytes of the answer's body that have gone to the client. A Content-Length would not tell them: one to HEAD and a 304
    /// have it without a body, and a body may break off.
    /// </summary>
    public long BytesSent => _counted?.Written ?? _sent;

    /// <summary>Counts bytes of the answer's body that have gone to the client.</summary>
    public void Sent(long bytes) => _sent += bytes;

    /// <summary>Counts the bytes of an answer that somebody else copies, who would not tell.</summary>
    public void CountBytes(HttpResponse response)
    {
        if (_counted is null)
        {
            var counting = new CountingStream(response.Body);
            (response.Body, _counted) = (counting, counting);
        }
    }

    public static Exchange Of(HttpContext context) => context.Features.GetRequiredFeature<Exchange>();
}
