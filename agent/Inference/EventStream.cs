using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Agent.Requests;

namespace Agent.Inference;

/// <summary>
/// Sends server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), flushed one by one, with the end mark
/// of the OpenAI API. The response's header is sent with the first event, so an earlier failure can still set the status code.
/// </summary>
internal sealed class EventStream(HttpContext context)
{
    public Task SendEventAsync(StreamEvent item, CancellationToken cancellationToken) => FlushEventAsync(
        "data: "u8, JsonSerializer.SerializeToUtf8Bytes(item, InferenceJson.Default.StreamEvent), cancellationToken);

    public Task SendEndMarkAsync() => FlushEventAsync("data: "u8, "[DONE]"u8, context.RequestAborted);

    /// <summary>Sends a failure after the first event.</summary>
    public Task SendErrorAsync(string detail) => FlushEventAsync(
        "event: error\ndata: "u8, JsonSerializer.SerializeToUtf8Bytes(new ErrorDetail(detail), ErrorJson.Default.ErrorDetail),
        context.RequestAborted);

    private Task<FlushResult> FlushEventAsync(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> data, CancellationToken cancellationToken)
    {
        SetHeaders();
        var writer = context.Response.BodyWriter;
        writer.Write(prefix);
        writer.Write(data);
        writer.Write("\n\n"u8);
        return writer.FlushAsync(cancellationToken).AsTask();
    }

    private void SetHeaders()
    {
        var response = context.Response;
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            // Keeps nginx from buffering the events.
            response.Headers["X-Accel-Buffering"] = "no";
        }
    }
}
