using TlsProxy.Listeners;
using TlsProxy.Requests;
using TlsProxy.Responses;

namespace TlsProxy.Pipeline;

/// <summary>Redirects plain HTTP requests to the TLS port; 308 keeps method and body.</summary>
internal sealed class HttpsRedirect(RedirectOptions options, BoundPorts ports, ProxyResponses responses)
{
    private const int DefaultHttpsPort = 443;

    public Task RedirectRequestAsync(HttpContext context, RequestState state)
    {
        var request = context.Request;
        if (!request.Host.HasValue)
        {
            return responses.WriteErrorAsync(
                context,
                StatusCodes.Status400BadRequest,
                "no_host",
                "The request has no Host header, so there is no address to redirect to. Use https.");
        }

        var port = options.RedirectToPort > 0 ? options.RedirectToPort : ports.Https;
        var host = port == DefaultHttpsPort ? new HostString(request.Host.Host) : new HostString(request.Host.Host, port);
        var isPermanent = options.MovedPermanently && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));
        var response = context.Response;
        responses.AddStandardHeaders(response, state);
        response.StatusCode = isPermanent ? StatusCodes.Status301MovedPermanently : StatusCodes.Status308PermanentRedirect;
        response.Headers.Location = $"https://{host.ToUriComponent()}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}";
        response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
