using TlsProxy.Requests;

namespace TlsProxy.Forwarding;

/// <summary>A way for a request to go on; what failed on it stands in <see cref="Exchange.Failure"/>.</summary>
/// <param name="context">The request.</param>
/// <param name="exchange">Its exchange, handed on: looking it up costs more than most of what is done with it.</param>
internal delegate Task ForwardDelegate(HttpContext context, Exchange exchange);
