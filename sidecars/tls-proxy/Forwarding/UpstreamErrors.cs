using System.Security.Authentication;
using TlsProxy.Metrics;
using TlsProxy.Requests;
using TlsProxy.Responses;
using TlsProxy.Retries;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Forwarding;

/// <summary>Turns forwarding failures into error responses, log entries and metrics.</summary>
internal sealed partial class UpstreamErrors(
    ProxyResponses responses,
    UpstreamHealth health,
    ProxyMetrics metrics,
    UpstreamOptions options,
    TimeProvider time,
    ILogger<UpstreamErrors> logger)
{
    private const int RetryAfterSeconds = 1;

    /// <summary>Long enough for a connection within the Pod or its network.</summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The same reason is logged once in this time; every request has its line in the access log.</summary>
    private static readonly TimeSpan CertificateLogInterval = TimeSpan.FromMinutes(1);

    private volatile LoggedRejection? _loggedCertificate;

    /// <summary>Responds to a request that could not be forwarded.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error code of the forwarder.</param>
    /// <param name="cause">The underlying exception.</param>
    public async Task RespondToFailureAsync(HttpContext context, ForwarderError error, Exception? cause)
    {
        if (FindBadRequest(cause) is { } badRequest)
        {
            await responses.WriteErrorAsync(context, badRequest.StatusCode, "bad_request_body", badRequest.Message);
            return;
        }

        if (context.RequestAborted.IsCancellationRequested || IsClientCancellation(error))
        {
            RecordGoneClient(context);
            return;
        }

        if (error == ForwarderError.UpgradeActivityTimeout)
        {
            // Neither side failed: a tunnel without a byte in either direction for Upstream:TimeoutSeconds is closed.
            RequestState.FromContext(context).Error ??= "tunnel_idle";
            context.Abort();
            return;
        }

        if (error == ForwarderError.Request && FindCertificateError(cause) is { } certificateError)
        {
            await RespondUntrustedAsync(context, certificateError);
            return;
        }

        await (error switch
        {
            ForwarderError.RequestBodyClient => responses.WriteErrorAsync(
                context, StatusCodes.Status400BadRequest, "bad_request_body", "The request body ended too early or is malformed."),
            ForwarderError.NoAvailableDestinations => RespondUnavailableAsync(context, "no_destination", "No destination is available."),
            ForwarderError.Request or ForwarderError.RequestTimedOut when ConnectFailure.IsConnectFailure(cause) =>
                RespondUnreachableAsync(context),
            ForwarderError.RequestTimedOut => RespondAsync(
                context, StatusCodes.Status504GatewayTimeout, "upstream_timeout", "The application did not respond in time."),
            ForwarderError.Request or ForwarderError.RequestBodyDestination when await IsApplicationGoneAsync(context) =>
                RespondUnavailableAsync(
                    context, "upstream_unavailable", "The application stopped before it responded; it may have processed the request."),
            _ => RespondAsync(
                context,
                StatusCodes.Status502BadGateway,
                "upstream_broken",
                "The application closed the connection or sent an invalid response."),
        });
    }

    /// <summary>Rejects a request above the limit of requests in flight.</summary>
    public Task RespondOverloadedAsync(HttpContext context) =>
        RespondUnavailableAsync(context, "overloaded", "Too many requests are waiting for the application.");

    private Task RespondUnreachableAsync(HttpContext context) => health.IsFailureTemporary
        ? RespondUnavailableAsync(context, "upstream_unavailable", "The application is starting or stopping.")
        : RespondAsync(context, StatusCodes.Status502BadGateway, "upstream_unreachable", "The application is not reachable.");

    private Task RespondUntrustedAsync(HttpContext context, string reason)
    {
        const string code = "upstream_untrusted";
        var logged = _loggedCertificate;
        if (logged?.Reason != reason || time.GetElapsedTime(logged.At) > CertificateLogInterval)
        {
            _loggedCertificate = new LoggedRejection(reason, time.GetTimestamp());
            Log.CertificateRejected(logger, reason);
        }

        metrics.CountUpstreamError(code);
        health.RecordFailure($"{code}: {reason}");
        return responses.WriteErrorAsync(
            context, StatusCodes.Status502BadGateway, code, "The certificate of the application is not trusted.");
    }

    private Task RespondUnavailableAsync(HttpContext context, string reason, string message) =>
        RespondAsync(context, StatusCodes.Status503ServiceUnavailable, reason, message, RetryAfterSeconds);

    private Task RespondAsync(HttpContext context, int status, string reason, string message, int retryAfter = 0)
    {
        metrics.CountUpstreamError(reason);
        health.RecordFailure(reason);
        return responses.WriteErrorAsync(context, status, reason, message, retryAfter);
    }

    private static bool IsClientCancellation(ForwarderError error) => error
        is ForwarderError.RequestCanceled
        or ForwarderError.RequestBodyCanceled
        or ForwarderError.ResponseBodyCanceled
        or ForwarderError.UpgradeRequestCanceled
        or ForwarderError.UpgradeResponseCanceled
        or ForwarderError.ResponseBodyClient;

    private static void RecordGoneClient(HttpContext context)
    {
        // 499 is the conventional code in logs; no client receives it.
        RequestState.FromContext(context).Error ??= "client_gone";
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        else
        {
            // A client that only stopped reading may continue: a partial response must not look complete.
            context.Abort();
        }
    }

    /// <summary>
    /// Whether an application that closed the connection without a response is stopping: its port is closed then. If it still listens,
    /// only this request failed.
    /// </summary>
    private async Task<bool> IsApplicationGoneAsync(HttpContext context)
    {
        if (!health.IsFailureTemporary)
        {
            return false;
        }

        var url = context.Features.Get<IReverseProxyFeature>()?.ProxiedDestination is { Model.Config.Address: var address }
            ? new Uri(address)
            : options.Url;
        return await ReachabilityProbe.TryConnectAsync(url, ProbeTimeout, context.RequestAborted) is not null;
    }

    /// <summary>Why the certificate of a destination was rejected; null for other failures, also of the handshake.</summary>
    private static string? FindCertificateError(Exception? cause) =>
        cause is HttpRequestException { InnerException: AuthenticationException { InnerException: null } rejection }
            ? rejection.Message
            : null;

    private static BadHttpRequestException? FindBadRequest(Exception? cause)
    {
        for (; cause is not null; cause = cause.InnerException)
        {
            if (cause is BadHttpRequestException badRequest)
            {
                return badRequest;
            }

            if (cause is AggregateException { InnerExceptions: var several })
            {
                return several.Select(FindBadRequest).FirstOrDefault(found => found is not null);
            }
        }

        return null;
    }

    private sealed record LoggedRejection(string Reason, long At);

    private static partial class Log
    {
        [LoggerMessage(140, LogLevel.Warning, "Upstream certificate rejected: {Reason}")]
        public static partial void CertificateRejected(ILogger logger, string reason);
    }
}
