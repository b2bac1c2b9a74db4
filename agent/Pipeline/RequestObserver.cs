using System.Diagnostics;
using Agent.Inference;
using Agent.RequestLogging;
using Agent.Requests;

namespace Agent.Pipeline;

/// <summary>The outermost middleware: assigns the request's id and, after the request, logs and counts it.</summary>
internal sealed class RequestObserver(RequestDelegate next, RequestLog log, InferenceMetrics metrics, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var id = RequestId.GetOrCreate(context.Request);
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
                metrics.RecordCompletion(record.HasSucceeded(context.Response.StatusCode), elapsed);
            }

            log.WriteLine(context, record, elapsed);
        }
    }
}
