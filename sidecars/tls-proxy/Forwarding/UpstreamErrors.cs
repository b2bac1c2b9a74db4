using TlsProxy.Requests;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Forwarding;

/// <summary>Says to the client, the log and the metrics what became of a request that the application did not answer.</summary>
internal sealed class UpstreamErrors(Answers answers, UpstreamState state, ProxyMetrics metrics, TlsProxyOptions options)
{
    private const int RetryAfterSeconds = 1;

    /// <summary>For the answer of a port of this Pod, and for one of its network.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    /// <param name="context">The request, of which the forwarder says that it failed.</param>
    /// <param name="error">What the forwarder says.</param>
    /// <param name="cause">The exception behind it.</param>
    public async Task AnswerAsync(HttpContext context, ForwarderError error, Exception? cause)
    {
        if (TooLarge(cause) is { } tooLarge)
        {
            await answers.WriteAsync(context, tooLarge.StatusCode, "bad_request_body", tooLarge.Message);
            return;
        }

        if (context.RequestAborted.IsCancellationRequested || error is ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled or ForwarderError.ResponseBodyClient)
        {
            // Nobody is there to be answered; 499 is what the field's logs call it.
            Exchange.Of(context).Error ??= "client_gone";
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }
            else
            {
                // One that only stopped reading may come back to half an answer: it must not look whole.
                context.Abort();
            }

            return;
        }

        await (error switch
        {
            ForwarderError.RequestBodyClient =>
                answers.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_request_body", "The body of the request broke off or is malformed."),
            ForwarderError.NoAvailableDestinations =>
                FailAsync(context, StatusCodes.Status503ServiceUnavailable, "no_destination", "No destination is available.", RetryAfterSeconds),
            ForwarderError.Request or ForwarderError.RequestTimedOut when NotConnected(cause) => state.IsComingOrGoing
                ? FailAsync(context, StatusCodes.Status503ServiceUnavailable, "upstream_unavailable", "The application is starting or stopping.", RetryAfterSeconds)
                : FailAsync(context, StatusCodes.Status502BadGateway, "upstream_unreachable", "The application cannot be reached."),
            ForwarderError.RequestTimedOut =>
                FailAsync(context, StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The application did not answer in time."),
            ForwarderError.Request or ForwarderError.RequestBodyDestination when await IsGoneAsync(context) =>
                FailAsync(context, StatusCodes.Status503ServiceUnavailable, "upstream_unavailable", "The application ended before it answered; it may have taken the request.", RetryAfterSeconds),
            _ => FailAsync(context, StatusCodes.Status502BadGateway, "upstream_broken", "The application broke off its answer."),
        });
    }

    /// <summary>There are more requests with the application than it is to be given.</summary>
    public Task OverloadedAsync(HttpContext context) =>
        FailAsync(context, StatusCodes.Status503ServiceUnavailable, "overloaded", "Too many requests are waiting for the application.", RetryAfterSeconds);

    private Task FailAsync(HttpContext context, int status, string reason, string message, int retryAfter = 0)
    {
        metrics.UpstreamError(reason);
        state.Failed(reason);
        return answers.WriteAsync(context, status, reason, message, retryAfter);
    }

    /// <summary>Whether the request never left: no connection could be had, or not in time.</summary>
    public static bool NotConnected(Exception? cause) => cause
        is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
        or OperationCanceledException { InnerException: TimeoutException };

    /// <summary>
    /// Whether an application that broke off a request without an answer is going away: then its port is closed by now. One
    /// that still listens has only failed at this request.
    /// </summary>
    private async Task<bool> IsGoneAsync(HttpContext context)
    {
        if (!state.IsComingOrGoing)
        {
            return false;
        }

        var url = context.Features.Get<IReverseProxyFeature>()?.ProxiedDestination is { Model.Config.Address: var address } ? new Uri(address) : options.Upstream.Url;
        return await Reachability.TestAsync(url, LongestLook, context.RequestAborted) is not null;
    }

    private static BadHttpRequestException? TooLarge(Exception? cause)
    {
        for (; cause is not null; cause = cause.InnerException)
        {
            if (cause is BadHttpRequestException bad)
            {
                return bad;
            }

            if (cause is AggregateException { InnerExceptions: var several })
            {
                return several.Select(TooLarge).FirstOrDefault(found => found is not null);
            }
        }

        return null;
    }
}
