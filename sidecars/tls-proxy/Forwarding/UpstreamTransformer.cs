using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Requests;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>
/// Adapts YARP's forwarder for the application of <c>Upstream:Url</c>. The forwarding headers are already set on the request at this
/// point.
/// </summary>
internal sealed class UpstreamTransformer(UpstreamResponseHandler handler) : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        LockBodySizeLimit(httpContext);
        proxyRequest.RequestUri ??= UpstreamTarget.BuildUri(httpContext, destinationPrefix);
        if (IsTlsDestination(destinationPrefix))
        {
            proxyRequest.Headers.Host = null;
        }

        if (httpContext.Request.Headers.Expect.Count > 0)
        {
            // Kestrel sends 100 Continue to the client when the body is first read; requesting it from the application as well
            // would only add a delay.
            proxyRequest.Headers.ExpectContinue = false;
            proxyRequest.Headers.Remove("Expect");
        }
    }

    /// <summary>
    /// Prevents YARP from removing the body size limit, which it does for every request with a gRPC content type to an HTTP/2 destination.
    /// The minimum data rate may be removed, because such a call may pause.
    /// </summary>
    public static void LockBodySizeLimit(HttpContext context) => context.Features.Set<IHttpMaxRequestBodySizeFeature>(null);

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is not null && handler.OnResponseReceived(RequestState.FromContext(httpContext), (int)proxyResponse.StatusCode))
        {
            return ValueTask.FromResult(false);
        }

        var copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        return copied.IsCompletedSuccessfully
            ? ValueTask.FromResult(FinishHeaders(httpContext, copied.Result))
            : FinishHeadersAsync(httpContext, copied);
    }

    /// <summary>
    /// Whether the destination uses TLS. Such a server is addressed by its own name, which its certificate has to match, and the client's
    /// host is in <c>X-Forwarded-Host</c>. An application without TLS receives the client's host.
    /// </summary>
    public static bool IsTlsDestination(string destinationPrefix) =>
        destinationPrefix.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private async ValueTask<bool> FinishHeadersAsync(HttpContext context, ValueTask<bool> copied) => FinishHeaders(context, await copied);

    private bool FinishHeaders(HttpContext context, bool copyBody) => handler.OnHeadersCopiedByYarp(context) && copyBody;
}
