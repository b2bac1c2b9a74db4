using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Http1Upstream;

/// <summary>The part of a request's state that the upstream path writes. The caller derives its own state from it.</summary>
internal abstract class UpstreamExchange
{
    /// <summary>Why forwarding failed; null when it did not.</summary>
    public IForwarderErrorFeature? Failure { get; set; }

    /// <summary>
    /// Bytes of the response body sent to the client. Content-Length is not reliable: responses to HEAD and 304 have one without
    /// a body, and a body may break off.
    /// </summary>
    public long BytesSent { get; private set; }

    /// <summary>Counts bytes of the response body that were sent to the client.</summary>
    public void AddBodyBytes(long bytes) => BytesSent += bytes;
}
