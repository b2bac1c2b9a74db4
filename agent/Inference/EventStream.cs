using System.Buffers;
using System.Text.Json;
using Agent.Requests;

namespace Agent.Inference;

/// <summary>
/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each sent on at once and ended as the
/// OpenAI API ends them. The answer's head goes out with the first event, so a failure before it can still have a status of its own.
/// </summary>
internal sealed class EventStream(HttpContext context)
{
    public async Task SendAsync(StreamEvent item, CancellationToken cancellationToken)
    {
        Begin();
        Write("data: "u8, JsonSerializer.SerializeToUtf8Bytes(item, AgentJson.Default.StreamEvent));
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    public async Task DoneAsync()
    {
        Begin();
        Write("data: "u8, "[DONE]"u8);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public async Task ErrorAsync(string detail)
    {
        Write("event: error\ndata: "u8, JsonSerializer.SerializeToUtf8Bytes(new ErrorDetail(detail), AgentJson.Default.ErrorDetail));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private void Begin()
    {
        var response = context.Response;
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            // nginx would otherwise gather the events before it passes them on.
            response.Headers["X-Accel-Buffering"] = "no";
        }
    }

    private void Write(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> data)
    {
        var writer = context.Response.BodyWriter;
        writer.Write(prefix);
        writer.Write(data);
        writer.Write("\n\n"u8);
    }
}
