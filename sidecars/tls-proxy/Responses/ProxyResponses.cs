using System.Buffers;
using System.Globalization;
using System.Text.Json;
using TlsProxy.Drain;
using TlsProxy.Requests;

namespace TlsProxy.Responses;

/// <summary>
/// The proxy's own responses (errors as JSON with the request id, without internal details), and the headers of every response.
/// </summary>
internal sealed class ProxyResponses(ConnectionDrain drain, HstsOptions hsts)
{
    private const int SecondsPerDay = 86400;

    private readonly string? _hsts = hsts.Enabled
        ? $"max-age={(long)hsts.MaxAgeDays * SecondsPerDay}{(hsts.IncludeSubDomains ? "; includeSubDomains" : "")}"
        : null;

    /// <summary>Adds the headers that every response carries, including those of the application.</summary>
    public void AddStandardHeaders(HttpResponse response, RequestState state)
    {
        drain.OnResponseStarting(response.HttpContext);
        var headers = response.Headers;
        headers[RequestIds.Header] = state.RequestId;
        if (_hsts is not null && state.Client.Tls is not null)
        {
            headers.StrictTransportSecurity = _hsts;
        }
    }

    /// <summary>Sends an error response, or aborts the response when its beginning was already sent.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The status code.</param>
    /// <param name="error">A code for programs, such as <c>upstream_timeout</c>; also the reason in the access log.</param>
    /// <param name="message">A sentence for people.</param>
    /// <param name="retryAfter">Seconds after which a retry makes sense; 0 to send no <c>Retry-After</c>.</param>
    /// <param name="challenge">The value of <c>WWW-Authenticate</c>; null for none.</param>
    public async Task WriteErrorAsync(
        HttpContext context, int status, string error, string message, int retryAfter = 0, string? challenge = null)
    {
        var state = RequestState.FromContext(context);
        state.Error ??= error;
        var response = context.Response;
        if (response.HasStarted)
        {
            // Part of the response was sent. A normal end would make it look complete.
            context.Abort();
            return;
        }

        var connection = response.Headers.Connection;
        response.Clear();
        response.StatusCode = status;
        response.Headers.Connection = connection;
        AddStandardHeaders(response, state);
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

        var body = RenderBody(error, message, state.RequestId);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            state.CountResponseBody(response);
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static ReadOnlyMemory<byte> RenderBody(string error, string message, string requestId)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        json.WriteString("error", error);
        json.WriteString("message", message);
        json.WriteString("request_id", requestId);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenMemory;
    }
}
