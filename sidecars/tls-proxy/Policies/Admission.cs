using TlsProxy.Requests;

namespace TlsProxy.Policies;

/// <summary>What stands between a request and its way: who asks, how often, and trouble on demand.</summary>
internal sealed class Admission(Answers answers, ForwardedHeaders forwarded, ProxyMetrics metrics, TimeProvider time)
{
    /// <summary>Whether the request may go on; otherwise it is answered.</summary>
    public async ValueTask<bool> AdmitAsync(HttpContext context, Exchange exchange, RoutePolicy policy)
    {
        var limit = policy.RateLimit;

        // By address before anybody's identity is looked into: guessing keys costs places too.
        if (limit is { ByIdentity: false } && limit.Take(forwarded.ClientOf(context.Request, exchange.Client), null) is { } wait)
        {
            await TooManyAsync(context, wait);
            return false;
        }

        if (policy.Authentication is { } authentication)
        {
            var verdict = await authentication.AuthenticateAsync(context.Request);
            if (verdict.Identity is not { } identity)
            {
                metrics.Refused("unauthenticated");
                await answers.WriteAsync(context, StatusCodes.Status401Unauthorized, "unauthenticated", verdict.Message, challenge: verdict.Challenge);
                return false;
            }

            exchange.Identity = identity;
            context.Request.Headers[ForwardedHeaders.User] = identity;
        }

        if (limit is { ByIdentity: true }
            && limit.Take(forwarded.ClientOf(context.Request, exchange.Client), exchange.Identity ?? exchange.Client.Tls?.ClientSubject) is { } longer)
        {
            await TooManyAsync(context, longer);
            return false;
        }

        if (policy.Faults is not { } faults)
        {
            return true;
        }

        if (faults.Delay() is { } delay)
        {
            metrics.Fault("delay");
            await Task.Delay(delay, time, context.RequestAborted);
        }

        if (!faults.Aborts())
        {
            return true;
        }

        metrics.Fault("abort");
        await answers.WriteAsync(context, faults.AbortStatus, "fault_injected", "This route fails some requests on purpose (Fault.AbortPercent).");
        return false;
    }

    private Task TooManyAsync(HttpContext context, TimeSpan wait)
    {
        metrics.Refused("rate_limited");
        return answers.WriteAsync(
            context, StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests from you.", Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)));
    }
}
