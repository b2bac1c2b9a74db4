using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Listeners;

namespace TlsProxy.Requests;

/// <summary>One request on its way through, and what the access log will say of it.</summary>
internal sealed class Exchange(long started, string requestId, string? traceId, ClientConnection client)
{
    private IByteCount? _counted;

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

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Error { get; set; }

    /// <summary>Bytes of the answer's body.</summary>
    public long BytesSent(HttpResponse response) => _counted?.Written ?? response.ContentLength ?? 0;

    /// <summary>Counts the answer's bytes, where no Content-Length tells them.</summary>
    public void CountBytes(HttpResponse response)
    {
        if (response.ContentLength is null && _counted is null)
        {
            var counting = new CountingStream(response.Body);
            (response.Body, _counted) = (counting, counting);
        }
    }

    public static Exchange Of(HttpContext context) => context.Features.GetRequiredFeature<Exchange>();
}
