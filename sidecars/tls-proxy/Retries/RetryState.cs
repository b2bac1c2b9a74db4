using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Http1Upstream;
using TlsProxy.Metrics;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Retries;

/// <summary>The attempts of one request, and the decision about the next one.</summary>
internal sealed class RetryState
{
    private readonly RetryPolicy _policy;
    private readonly ProxyMetrics _metrics;
    private readonly bool _isIdempotent;
    private int _attempts = 1;

    public RetryState(HttpContext context, RetryPolicy policy, ProxyMetrics metrics)
    {
        (_policy, _metrics) = (policy, metrics);
        var request = context.Request;
        _isIdempotent = IdempotentMethods.ContainsMethod(request.Method);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            request.Body = new ObservedBody(request.Body, this);
        }
    }

    /// <summary>Part of the body was read and cannot be sent again.</summary>
    public bool IsBodyTouched { get; set; }

    /// <summary>The received response is discarded, and the request sent again.</summary>
    public bool IsResponseDiscarded { get; set; }

    /// <summary>Decides whether a response of the application is discarded in favor of another attempt.</summary>
    public bool ShouldDiscardResponse(int status)
    {
        IsResponseDiscarded = _isIdempotent && _policy.StatusCodes.Contains(status) && TryStartAttempt("status");
        return IsResponseDiscarded;
    }

    /// <summary>Decides whether to send the request again after an attempt.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Null when the attempt succeeded.</param>
    public bool ShouldRetryFailure(HttpContext context, IForwarderErrorFeature? failure)
    {
        if (context.Response.HasStarted
            || context.RequestAborted.IsCancellationRequested
            || failure is not { Error: ForwarderError.Request or ForwarderError.RequestTimedOut })
        {
            return false;
        }

        // A request that was never sent is safe to retry. One that may have arrived must be idempotent.
        return ConnectFailure.IsConnectFailure(failure.Exception)
            ? TryStartAttempt("connect")
            : failure.Error == ForwarderError.Request && _policy.IsExplicit && _isIdempotent && TryStartAttempt("broken");
    }

    private bool TryStartAttempt(string reason)
    {
        if (_attempts > _policy.Attempts || IsBodyTouched)
        {
            return false;
        }

        if (!_policy.Budget.TryTakeRetry())
        {
            _metrics.CountRetry("over_budget");
            return false;
        }

        _attempts++;
        _metrics.CountRetry(reason);
        return true;
    }
}
