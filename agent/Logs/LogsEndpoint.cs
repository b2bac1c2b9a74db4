using Agent.RequestLogging;

namespace Agent.Logs;

/// <summary>
/// <c>GET /logs</c> on the management port: the request log over HTTP, for a sidecar that shares no volume.
/// <c>?follow=true</c> continues with new lines, <c>?tail=N</c> starts with the last N lines.
/// </summary>
/// <remarks>
/// For a reader that must not miss a line, <c>?from=POSITION</c> (<c>oldest</c>, <c>end</c> or <c>FILE:OFFSET</c>) sends one file,
/// rolled files included. The header <c>Log-Position</c> is the position of the body's first byte; it is missing while the log is
/// empty. With <c>follow</c> the body ends after that file was rolled and sent; a request from its end continues with the next file.
/// <c>Log-Gap</c> repeats a position that no longer exists; the body then starts with the oldest line.
/// </remarks>
internal static class LogsEndpoint
{
    public static void MapLogs(this IEndpointRouteBuilder routes) => routes.MapGet("/logs", SendLogsAsync);

    private static async Task SendLogsAsync(
        HttpContext context, RequestLogSettings settings, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        if (LogsQuery.ParseQuery(context.Request.Query, out var query) is { } error)
        {
            await RejectAsync(context, StatusCodes.Status400BadRequest, error);
            return;
        }

        if (settings.Path.Length == 0)
        {
            await RejectAsync(context, StatusCodes.Status404NotFound, "LOG_FILE is not set, so there is no request log");
            return;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            if (query.From != default)
            {
                await SendFromPositionAsync(context, settings.Path, query, time, stopping.Token);
                return;
            }

            await using var follower = new LogFollower(settings.Path, time);
            await follower.SendLogAsync(context.Response.Body, query.Tail, query.Follow, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The client disconnected, or the agent is stopping.
        }
    }

    private static async Task SendFromPositionAsync(
        HttpContext context, string path, LogsQuery query, TimeProvider time, CancellationToken cancellationToken)
    {
        var (opened, gap) = await LogSegment.OpenAtAsync(path, query.From, cancellationToken);
        if (opened is null)
        {
            return;
        }

        await using var segment = opened;
        context.Response.Headers["Log-Position"] = new LogPosition(segment.Id, segment.File.Position).ToString();
        if (gap)
        {
            context.Response.Headers["Log-Gap"] = query.From.ToString();
        }

        await SegmentSender.SendSegmentAsync(segment, path, context.Response.Body, query.Follow, time, cancellationToken);
    }

    private static Task RejectAsync(HttpContext context, int statusCode, string reason)
    {
        context.Response.StatusCode = statusCode;
        return context.Response.WriteAsync(reason + "\n", context.RequestAborted);
    }
}
