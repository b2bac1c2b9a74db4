using TlsProxy.Clients;
using TlsProxy.Faults;
using TlsProxy.Metrics;
using TlsProxy.Requests;
using TlsProxy.Responses;

namespace TlsProxy.Policies;

/// <summary>Applies authentication, rate limits and injected faults before a request is forwarded.</summary>
internal sealed class AdmissionControl(ProxyResponses responses, ForwardedHeaders forwarded, ProxyMetrics metrics, TimeProvider time)
{
    /// <returns>True when the request may be forwarded; false when the response is already written.</returns>
    public async ValueTask<bool> AdmitRequestAsync(HttpContext context, RequestState state, RoutePolicy policy)
    {
        var limit = policy.RateLimit;

        // A limit by address applies before authentication, so that guessing keys counts against it.
        if (limit is { ByIdentity: false }
            && limit.TryAcquire(forwarded.FindClientAddress(context.Request, state.Client), null) is { } wait)
        {
            await RejectOverLimitAsync(context, wait);
            return false;
        }

        if (policy.Authentication is { } authentication)
        {
            var result = await authentication.AuthenticateRequestAsync(context.Request);
            if (result.Identity is not { } identity)
            {
                metrics.CountRejectedRequest("unauthenticated");
                await responses.WriteErrorAsync(
                    context, StatusCodes.Status401Unauthorized, "unauthenticated", result.Message, challenge: result.Challenge);
                return false;
            }

            state.Identity = identity;
            ForwardedHeaders.SetUser(context.Request, identity);
        }

        if (limit is { ByIdentity: true }
            && limit.TryAcquire(
                forwarded.FindClientAddress(context.Request, state.Client),
                state.Identity ?? state.Client.Tls?.ClientSubject) is { } identityWait)
        {
            await RejectOverLimitAsync(context, identityWait);
            return false;
        }

        return policy.Faults is not { } faults || !await InjectFaultsAsync(context, faults);
    }

    /// <returns>Whether the request failed on purpose.</returns>
    private async ValueTask<bool> InjectFaultsAsync(HttpContext context, FaultInjection faults)
    {
        if (faults.SelectDelay() is { } delay)
        {
            metrics.CountInjectedFault("delay");
            await Task.Delay(delay, time, context.RequestAborted);
        }

        if (!faults.SelectAbort())
        {
            return false;
        }

        metrics.CountInjectedFault("abort");
        await responses.WriteErrorAsync(
            context, faults.AbortStatus, "fault_injected", "This route fails some requests on purpose (Fault.AbortPercent).");
        return true;
    }

    private Task RejectOverLimitAsync(HttpContext context, TimeSpan wait)
    {
        metrics.CountRejectedRequest("rate_limited");
        var retryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        return responses.WriteErrorAsync(
            context, StatusCodes.Status429TooManyRequests, "rate_limited", "You sent too many requests. Retry later.", retryAfter);
    }
}
