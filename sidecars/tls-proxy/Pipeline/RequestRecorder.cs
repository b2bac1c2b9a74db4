using TlsProxy.AccessLog;
using TlsProxy.Metrics;
using TlsProxy.Requests;

namespace TlsProxy.Pipeline;

/// <summary>Records finished requests in the metrics and in the access log.</summary>
internal sealed class RequestRecorder(AccessLogWriter accessLog, ProxyMetrics metrics)
{
    public void RecordRequest(HttpContext context, RequestState state, TimeSpan elapsed)
    {
        metrics.RecordRequest(context.Response.StatusCode, context.Request.Method, elapsed);
        accessLog.WriteRequest(context, state, elapsed);
    }

    /// <summary>Counts a request that is not forwarded.</summary>
    /// <param name="error">The error code.</param>
    public void CountRejection(string error) => metrics.CountRejectedRequest(error);
}
