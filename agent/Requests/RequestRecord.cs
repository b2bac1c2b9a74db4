using Microsoft.AspNetCore.Http.Features;

namespace Agent.Requests;

/// <summary>What becomes known of a request on its way: the material of its line in the request log and of the metrics.</summary>
internal sealed class RequestRecord(string requestId, string traceId, long startedAt)
{
    /// <summary>The client's own id if it sent a sane one, else one of ours.</summary>
    public string RequestId { get; } = requestId;

    /// <summary>Of the trace that the request belongs to, taken up from <c>traceparent</c> or begun here.</summary>
    public string TraceId { get; } = traceId;

    /// <summary>A timestamp of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The kind of request, as the line says it.</summary>
    public string Event { get; private set; } = "request";

    /// <summary>Whether it asked for an inference, and so counts in the inference metrics.</summary>
    public bool IsInference { get; private set; }

    public string? Model { get; set; }

    public string? Prediction { get; set; }

    public string? Text { get; set; }

    public int? TextChars { get; set; }

    /// <summary>Whether it failed after the answer's head, and with it a good status, had gone out.</summary>
    public bool FailedLate { get; set; }

    /// <summary>Whether its client went away in the middle of the answer.</summary>
    public bool ClientLeft { get; set; }

    /// <summary>What the log says became of it.</summary>
    /// <param name="sent">The status that went out.</param>
    public int StatusCode(int sent) => ClientLeft ? ErrorShape.ClientClosedRequest : sent;

    /// <summary>Whether the client got what it asked for.</summary>
    /// <param name="sent">The status that went out.</param>
    public bool Succeeded(int sent) => StatusCode(sent) < 400 && !FailedLate;

    /// <summary>The record of a request that is under way.</summary>
    public static RequestRecord Of(HttpContext context) => context.Features.GetRequiredFeature<RequestRecord>();

    public void BeginInference(string name)
    {
        Event = name;
        IsInference = true;
    }
}
