using Microsoft.AspNetCore.Http.Features;
using TlsProxy.Forwarding;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Retries;

/// <summary>How often one request was tried, and whether it may be once more.</summary>
internal sealed class RetryState
{
    private readonly RetryPolicy _policy;
    private readonly ProxyMetrics _metrics;
    private readonly bool _isIdempotent;
    private int _tried = 1;

    public RetryState(HttpContext context, RetryPolicy policy, ProxyMetrics metrics)
    {
        (_policy, _metrics) = (policy, metrics);
        var request = context.Request;
        _isIdempotent = IsIdempotent(request.Method);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            request.Body = new ObservedBody(request.Body, this);
        }
    }

    /// <summary>Some of the body has gone, and is not to be had again.</summary>
    public bool IsBodyTouched { get; set; }

    /// <summary>The answer that came is put away, and the request sent again.</summary>
    public bool IsAnswerPutAway { get; set; }

    /// <summary>Asked when the application has answered: whether that answer is put away.</summary>
    public bool WantsAnotherAnswer(int status)
    {
        IsAnswerPutAway = _isIdempotent && _policy.StatusCodes.Contains(status) && MayGoAgain("status");
        return IsAnswerPutAway;
    }

    /// <summary>Asked when the application was tried.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Null when nothing failed.</param>
    public bool WantsAnotherTry(HttpContext context, IForwarderErrorFeature? failure)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested
            || failure is not { Error: ForwarderError.Request or ForwarderError.RequestTimedOut })
        {
            return false;
        }

        // A request that never left harms nobody twice. One that may have arrived must be harmless by its method.
        return UpstreamErrors.NotConnected(failure.Exception)
            ? MayGoAgain("connect")
            : failure.Error == ForwarderError.Request && _policy.IsExplicit && _isIdempotent && MayGoAgain("broken");
    }

    private bool MayGoAgain(string reason)
    {
        if (_tried > _policy.Attempts || IsBodyTouched)
        {
            return false;
        }

        if (!_policy.Budget.TryWithdraw())
        {
            _metrics.Retry("over_budget");
            return false;
        }

        _tried++;
        _metrics.Retry(reason);
        return true;
    }

    /// <summary>RFC 9110, section 9.2.2.</summary>
    public static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsOptions(method);
}
