using System.Globalization;
using Microsoft.AspNetCore.Connections;

namespace Agent.Requests;

/// <summary>Gives every failure the one shape, whoever found it: routing, the body's limit, or an exception.</summary>
internal sealed partial class ErrorShape(RequestDelegate next, ILogger<ErrorShape> logger)
{
    /// <summary>nginx's code for a client that went away before the answer; seen only in the request log.</summary>
    public const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        var statusCode = 0;
        string? detail = null;
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            statusCode = ClientClosedRequest;
        }
        catch (FailedRequestException e)
        {
            statusCode = e.StatusCode;
            detail = e.Message;
            if (e.RetryAfterSeconds is { } seconds && !context.Response.HasStarted)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }
        }
        catch (BadHttpRequestException e)
        {
            statusCode = e.StatusCode;
        }
        catch (ConnectionResetException)
        {
            statusCode = ClientClosedRequest;
        }
        catch (Exception e)
        {
            statusCode = StatusCodes.Status500InternalServerError;
            Log.Failed(logger, RequestRecord.Of(context).RequestId, e);
        }

        var response = context.Response;
        if (response.HasStarted)
        {
            if (statusCode == ClientClosedRequest)
            {
                RequestRecord.Of(context).ClientLeft = true;
            }
            else if (statusCode != 0)
            {
                // Half an answer must not look like a whole one.
                RequestRecord.Of(context).FailedLate = true;
                context.Abort();
            }

            return;
        }

        if (statusCode == 0)
        {
            statusCode = response.StatusCode;
            if (statusCode < 400 || response.ContentType is not null)
            {
                return;
            }
        }

        if (statusCode == ClientClosedRequest)
        {
            response.StatusCode = statusCode;
            return;
        }

        await ErrorAnswer.WriteAsync(context, statusCode, detail ?? ErrorAnswer.DetailOf(statusCode));
    }

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Error, "Request {RequestId} failed")]
        public static partial void Failed(ILogger logger, string requestId, Exception exception);
    }
}
