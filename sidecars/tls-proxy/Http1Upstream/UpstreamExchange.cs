using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Http1Upstream;

/// <summary>The part of a request's state that the upstream path writes. The caller derives its own state from it.</summary>
internal abstract class UpstreamExchange
{
    /// <summary>Why forwarding failed; null when it did not.</summary>
    public IForwarderErrorFeature? Failure { get; set; }

    /// <summary>Bytes of the response body counted by <see cref="AddBodyBytes"/>.</summary>
    protected long BodyBytes { get; private set; }

    /// <summary>Counts bytes of the response body that were sent to the client.</summary>
    public void AddBodyBytes(long bytes) => BodyBytes += bytes;
}
