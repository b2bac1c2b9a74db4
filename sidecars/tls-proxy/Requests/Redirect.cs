using TlsProxy.Listeners;

namespace TlsProxy.Requests;

/// <summary>Sends everybody who comes over plain HTTP to the TLS port, body and method kept (308).</summary>
internal sealed class Redirect(TlsProxyOptions options, BoundPorts ports, Answers answers)
{
    private const int DefaultHttpsPort = 443;

    public Task AnswerAsync(HttpContext context, Exchange exchange)
    {
        var request = context.Request;
        if (!request.Host.HasValue)
        {
            return answers.WriteAsync(context, StatusCodes.Status400BadRequest, "no_host", "Without a Host header there is no address to be sent to. Use https.");
        }

        var port = options.Http.RedirectToPort > 0 ? options.Http.RedirectToPort : ports.Https;
        var host = port == DefaultHttpsPort ? new HostString(request.Host.Host) : new HostString(request.Host.Host, port);
        var moved = options.Http.MovedPermanently && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));
        var response = context.Response;
        answers.AddHeaders(response, exchange);
        response.StatusCode = moved ? StatusCodes.Status301MovedPermanently : StatusCodes.Status308PermanentRedirect;
        response.Headers.Location = $"https://{host.ToUriComponent()}{request.Path.ToUriComponent()}{request.QueryString.ToUriComponent()}";
        response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
