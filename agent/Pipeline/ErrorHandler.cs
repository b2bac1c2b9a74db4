using System.Globalization;
using Agent.Requests;
using Microsoft.AspNetCore.Connections;

namespace Agent.Pipeline;

/// <summary>Turns every failure into one error format, whether it came from routing, a body limit or an exception.</summary>
internal sealed partial class ErrorHandler(RequestDelegate next, ILogger<ErrorHandler> logger)
{
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
            statusCode = RequestRecord.ClientClosedRequest;
        }
        catch (FailedRequestException exception)
        {
            statusCode = exception.StatusCode;
            detail = exception.Message;
            if (exception.RetryAfterSeconds is { } seconds && !context.Response.HasStarted)
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }
        }
        catch (BadHttpRequestException exception)
        {
            statusCode = exception.StatusCode;
        }
        catch (ConnectionResetException)
        {
            statusCode = RequestRecord.ClientClosedRequest;
        }
        catch (Exception exception)
        {
            statusCode = StatusCodes.Status500InternalServerError;
            Log.RequestFailed(logger, RequestRecord.GetFrom(context).RequestId, exception);
        }

        if (context.Response.HasStarted)
        {
            EndStartedResponse(context, statusCode);
        }
        else
        {
            await WriteErrorAsync(context, statusCode, detail);
        }
    }

    /// <summary>
    /// The status is already sent, so a failure can only abort the connection: a partial response must not look complete.
    /// </summary>
    private static void EndStartedResponse(HttpContext context, int statusCode)
    {
        if (statusCode == RequestRecord.ClientClosedRequest)
        {
            RequestRecord.GetFrom(context).ClientDisconnected = true;
        }
        else if (statusCode != 0)
        {
            RequestRecord.GetFrom(context).FailedAfterStart = true;
            context.Abort();
        }
    }

    /// <param name="context">The request, whose response has not started.</param>
    /// <param name="statusCode">The failure's status code; 0 if no exception was thrown.</param>
    /// <param name="detail">The failure's cause; null for the default text.</param>
    private static Task WriteErrorAsync(HttpContext context, int statusCode, string? detail)
    {
        var response = context.Response;
        if (statusCode == 0)
        {
            statusCode = response.StatusCode;
            if (statusCode < 400 || response.ContentType is not null)
            {
                return Task.CompletedTask;
            }
        }

        if (statusCode == RequestRecord.ClientClosedRequest)
        {
            response.StatusCode = statusCode;
            return Task.CompletedTask;
        }

        return ErrorResponse.WriteErrorAsync(context, statusCode, detail ?? ErrorResponse.GetDefaultDetail(statusCode));
    }

    private static partial class Log
    {
        [LoggerMessage(100, LogLevel.Error, "Request {RequestId} failed")]
        public static partial void RequestFailed(ILogger logger, string requestId, Exception exception);
    }
}
