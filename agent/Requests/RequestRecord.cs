using Microsoft.AspNetCore.Http.Features;

namespace Agent.Requests;

/// <summary>The facts about a request, collected while it runs, for its line in the request log and for the metrics.</summary>
internal sealed class RequestRecord(string requestId, string traceId, long startedAt)
{
    /// <summary>nginx's status code for a client that disconnected before the response; appears only in the request log.</summary>
    public const int ClientClosedRequest = 499;

    /// <summary>The client's id if it sent a valid one, else a generated one.</summary>
    public string RequestId { get; } = requestId;

    /// <summary>The trace that the request belongs to: continued from <c>traceparent</c>, or started here.</summary>
    public string TraceId { get; } = traceId;

    /// <summary>A timestamp of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The kind of request, the line's <c>event</c>.</summary>
    public string Event { get; private set; } = "request";

    /// <summary>Whether the request counts in the inference metrics.</summary>
    public bool IsInference { get; private set; }

    public string? Model { get; set; }

    public string? Prediction { get; set; }

    public string? Text { get; set; }

    public int? TextChars { get; set; }

    /// <summary>Whether the request failed after the response's header, with its success status, was sent.</summary>
    public bool FailedAfterStart { get; set; }

    /// <summary>Whether the client disconnected during the response.</summary>
    public bool ClientDisconnected { get; set; }

    /// <summary>The record of the current request.</summary>
    public static RequestRecord GetFrom(HttpContext context) => context.Features.GetRequiredFeature<RequestRecord>();

    /// <summary>The status code for the request log.</summary>
    /// <param name="sent">The status code that was sent.</param>
    public int GetStatusCode(int sent) => ClientDisconnected ? ClientClosedRequest : sent;

    /// <summary>Whether the client received a complete, successful response.</summary>
    /// <param name="sent">The status code that was sent.</param>
    public bool HasSucceeded(int sent) => GetStatusCode(sent) < 400 && !FailedAfterStart;

    /// <summary>Marks the request as an inference.</summary>
    /// <param name="name">The line's <c>event</c>.</param>
    public void MarkAsInference(string name)
    {
        Event = name;
        IsInference = true;
    }
}
