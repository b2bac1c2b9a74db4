namespace TlsProxy.Requests;

/// <summary>A step that forwards a request; a failure is stored in <see cref="Http1Upstream.UpstreamExchange.Failure"/>.</summary>
/// <param name="context">The request.</param>
/// <param name="state">Its state, passed along because looking it up is expensive compared with what a step does.</param>
internal delegate Task ForwardDelegate(HttpContext context, RequestState state);
