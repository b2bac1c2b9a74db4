using System.Globalization;

namespace Agent.Logs;

/// <summary>
/// <c>GET /logs</c> on the management port: the request log over HTTP, for a sidecar that shares no volume.
/// <c>?follow=true</c> goes on with what is written from then on, <c>?tail=N</c> begins with the last N lines.
/// </summary>
internal static class LogsEndpoint
{
    public static void MapLogs(this IEndpointRouteBuilder routes) => routes.MapGet("/logs", SendAsync);

    private static async Task SendAsync(HttpContext context, AgentOptions options, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var query = context.Request.Query;
        var tail = -1;
        if ((query.ContainsKey("tail") && !(int.TryParse(query["tail"], NumberStyles.None, CultureInfo.InvariantCulture, out tail)))
            || query["follow"].ToString() is not ("" or "true" or "false" or "1" or "0"))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "tail is a number of lines, follow is true or false");
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
            await using var reader = new LogReader(options.LogFile, time);
            await reader.SendAsync(context.Response.Body, tail, follow, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The follower is gone, or the agent is going.
        }
    }

    private static Task RefuseAsync(HttpContext context, int statusCode, string why)
    {
        context.Response.StatusCode = statusCode;
        return context.Response.WriteAsync(why + "\n", context.RequestAborted);
    }
}
