using System.Diagnostics;
using Agent.Inference;
using Agent.RequestLogging;

namespace Agent.Requests;

/// <summary>Outermost of all: gives each request its id, and when it is done writes its line and counts it.</summary>
internal sealed class RequestObserver(RequestDelegate next, RequestLog log, InferenceMetrics metrics, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var id = RequestId.Take(context.Request);
        var record = new RequestRecord(id, Activity.Current?.TraceId.ToHexString() ?? "", time.GetTimestamp());
        context.TraceIdentifier = id;
        context.Response.Headers[RequestId.Header] = id;
        context.Features.Set(record);
        try
        {
            await next(context);
        }
        finally
        {
            var elapsed = time.GetElapsedTime(record.StartedAt);
            if (record.IsInference)
            {
                metrics.Done(record.Succeeded(context.Response.StatusCode), elapsed);
            }

            log.Write(context, record, elapsed);
        }
    }
}
