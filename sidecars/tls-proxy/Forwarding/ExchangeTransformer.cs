using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Requests;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>Copies a request to the application and its answer back. What the headers should say, the request says already.</summary>
internal sealed class ExchangeTransformer(Answers answers, UpstreamState state, TimeProvider time) : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        KeepBodyLimit(httpContext);
        proxyRequest.RequestUri ??= UpstreamTarget.Of(httpContext, destinationPrefix);
        if (IsElsewhere(destinationPrefix))
        {
            proxyRequest.Headers.Host = null;
        }

        if (httpContext.Request.Headers.Expect.Count > 0)
        {
            // The client is told 100 Continue when its body is first read; asking the application too would only wait.
            proxyRequest.Headers.ExpectContinue = false;
            proxyRequest.Headers.Remove("Expect");
        }
    }

    /// <summary>
    /// Puts the limit of a body's bytes out of YARP's reach: for whatever calls itself gRPC, on its way to an HTTP/2
    /// destination, it would lift it. The least rate it may lift: such a call may rest.
    /// </summary>
    public static void KeepBodyLimit(HttpContext context) => context.Features.Set<IHttpMaxRequestBodySizeFeature>(null);

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is not null)
        {
            Answered(httpContext);
            if (Exchange.Of(httpContext).Retry is { } retry && retry.WantsAnotherAnswer((int)proxyResponse.StatusCode))
            {
                return ValueTask.FromResult(false);
            }
        }

        var copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        return copied.IsCompletedSuccessfully ? ValueTask.FromResult(Finish(httpContext, copied.Result)) : FinishAsync(httpContext, copied);
    }

    /// <summary>
    /// Whether it is a server with a name of its own: one with TLS is asked, and its certificate looked at, by that name, and
    /// what the client asked for stands in <c>X-Forwarded-Host</c>. The application beside the proxy hears the client's.
    /// </summary>
    public static bool IsElsewhere(string destinationPrefix) => destinationPrefix.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is said and counted once the application's headers are copied.</summary>
    public void Finish(HttpContext context)
    {
        var exchange = Exchange.Of(context);
        answers.AddHeaders(context.Response, exchange);
        exchange.CountBytes(context.Response);
    }

    private async ValueTask<bool> FinishAsync(HttpContext context, ValueTask<bool> copied) => Finish(context, await copied);

    private bool Finish(HttpContext context, bool copyBody)
    {
        Finish(context);
        return copyBody;
    }

    /// <summary>The application's headers are there.</summary>
    public void Answered(HttpContext context)
    {
        Exchange.Of(context).UpstreamAnswered = time.GetTimestamp();
        state.Reached();
    }
}
