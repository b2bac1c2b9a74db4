using System.Buffers;
using System.Globalization;
using System.Text.Json;
using TlsProxy.Drain;

namespace TlsProxy.Requests;

/// <summary>The proxy's own answers: what went wrong as JSON with the request's id, and never more than the client may know.</summary>
internal sealed class Answers(DrainingConnections draining, TlsProxyOptions options)
{
    private readonly string? _hsts = options.Https.Hsts.Enabled
        ? $"max-age={(long)options.Https.Hsts.MaxAgeDays * 86400}{(options.Https.Hsts.IncludeSubDomains ? "; includeSubDomains" : "")}"
        : null;

    /// <summary>What every answer over TLS carries, the application's too.</summary>
    public void AddHeaders(HttpResponse response, Exchange exchange)
    {
        draining.Observe(response.HttpContext);
        var headers = response.Headers;
        headers[RequestIds.Header] = exchange.RequestId;
        if (_hsts is not null && exchange.Client.Tls is not null)
        {
            headers.StrictTransportSecurity = _hsts;
        }
    }

    /// <summary>Answers with an error, if nothing has been answered yet.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status code.</param>
    /// <param name="error">A word for programs, such as <c>upstream_timeout</c>; also the reason in the access log.</param>
    /// <param name="message">A sentence for people.</param>
    /// <param name="retryAfter">Seconds after which it is worth another try; 0 for no word about it.</param>
    /// <param name="challenge">The value of <c>WWW-Authenticate</c>; null for none.</param>
    public async Task WriteAsync(HttpContext context, int status, string error, string message, int retryAfter = 0, string? challenge = null)
    {
        var exchange = Exchange.Of(context);
        exchange.Error ??= error;
        var response = context.Response;
        if (response.HasStarted)
        {
            // Half an answer is out: an end that looks like one would be a lie.
            context.Abort();
            return;
        }

        var closes = response.Headers.Connection;
        response.Clear();
        response.StatusCode = status;
        response.Headers.Connection = closes;
        AddHeaders(response, exchange);
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        if (retryAfter > 0)
        {
            response.Headers.RetryAfter = retryAfter.ToString(CultureInfo.InvariantCulture);
        }

        if (challenge is not null)
        {
            response.Headers.WWWAuthenticate = challenge;
        }

        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("error", error);
            json.WriteString("message", message);
            json.WriteString("request_id", exchange.RequestId);
            json.WriteEndObject();
        }

        response.ContentLength = body.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
            exchange.Sent(body.WrittenCount);
        }
    }
}
