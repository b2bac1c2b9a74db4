using System.Globalization;
using Prometheus;

namespace TlsProxy.Metrics;

/// <summary>
/// Counts requests by status code and method. Every request passes through here, so the series are kept in an array: creating the
/// label strings and looking them up would cost more than counting.
/// </summary>
internal sealed class RequestCounter(IMetricFactory metrics)
{
    private const int LowestCode = 100;
    private const int HighestCode = 599;

    /// <summary>Clients can send any method name, so all others share one label value.</summary>
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

    private readonly Counter _counter =
        metrics.CreateCounter(
            "tls_proxy_requests_total", "Requests that received a response, by status code and method.", ["code", "method"]);

    private readonly Counter.Child?[] _children = new Counter.Child?[(HighestCode - LowestCode + 1) * Methods.Length];

    public void CountRequest(int code, string method)
    {
        var methodIndex = Array.IndexOf(Methods, method, 0, Methods.Length - 1);
        if (methodIndex < 0)
        {
            methodIndex = Methods.Length - 1;
        }

        if (code is < LowestCode or > HighestCode)
        {
            CreateSeries(code, methodIndex).Inc();
            return;
        }

        // Two threads may create the same series at the same time; the library returns the same instance to both.
        ref var child = ref _children[((code - LowestCode) * Methods.Length) + methodIndex];
        (child ??= CreateSeries(code, methodIndex)).Inc();
    }

    private Counter.Child CreateSeries(int code, int methodIndex) =>
        _counter.WithLabels(code.ToString(CultureInfo.InvariantCulture), Methods[methodIndex]);
}
