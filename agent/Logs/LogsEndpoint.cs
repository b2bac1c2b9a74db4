using System.Globalization;

namespace Agent.Logs;

/// <summary>
/// <c>GET /logs</c> on the management port: the request log over HTTP, for a sidecar that shares no volume.
/// <c>?follow=true</c> goes on with what is written from then on, <c>?tail=N</c> begins with the last N lines.
/// </summary>
/// <remarks>
/// For a reader that must miss nothing: <c>?from=POSITION</c> (<c>oldest</c>, <c>end</c>, or <c>FILE:OFFSET</c>) sends one file from
/// there, rolled ones included, and the header <c>Log-Position</c> says where the body begins (it is missing while there is no
/// line). With <c>follow</c> the body ends when that file was rolled and is sent; asking from where it ended goes on with the
/// next. <c>Log-Gap</c> repeats a position that is not kept any more: the body then begins with the oldest line that is.
/// </remarks>
internal static class LogsEndpoint
{
    public static void MapLogs(this IEndpointRouteBuilder routes) => routes.MapGet("/logs", SendAsync);

    private static async Task SendAsync(HttpContext context, AgentOptions options, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var query = context.Request.Query;
        var tail = -1;
        if ((query.ContainsKey("tail") && !(int.TryParse(query["tail"], NumberStyles.None, CultureInfo.InvariantCulture, out tail)))
            || query["follow"].ToString() is not ("" or "true" or "false" or "1" or "0")
            || (query.ContainsKey("tail") && query.ContainsKey("from")))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "tail is a number of lines, follow is true or false; of tail and from there is one at most");
            return;
        }

        var from = default(LogPosition);
        if (query.ContainsKey("from") && !LogPosition.TryParse(query["from"].ToString(), out from))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "from is oldest, end, or what an answer's Log-Position said (FILE:OFFSET)");
            return;
        }

        if (options.LogFile.Length == 0)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "LOG_FILE is not set: there is no request log");
            return;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var follow = query.ContainsKey("follow") && query["follow"].ToString() is "" or "true" or "1";
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            if (from != default)
            {
                await SendFromAsync(context, options.LogFile, from, follow, time, stopping.Token);
                return;
            }

            await using var reader = new LogReader(options.LogFile, time);
            await reader.SendAsync(context.Response.Body, tail, follow, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The follower is gone, or the agent is going.
        }
    }

    private static async Task SendFromAsync(HttpContext context, string path, LogPosition from, bool follow, TimeProvider time, CancellationToken cancellationToken)
    {
        var (opened, gap) = await LogSegment.OpenAsync(path, from, cancellationToken);
        if (opened is null)
        {
            return;
        }

        await using var segment = opened;
        context.Response.Headers["Log-Position"] = new LogPosition(segment.Id, segment.File.Position).ToString();
        if (gap)
        {
            context.Response.Headers["Log-Gap"] = from.ToString();
        }

        await SegmentReader.SendAsync(segment, path, context.Response.Body, follow, time, cancellationToken);
    }

    private static Task RefuseAsync(HttpContext context, int statusCode, string why)
    {
        context.Response.StatusCode = statusCode;
        return context.Response.WriteAsync(why + "\n", context.RequestAborted);
    }
}
