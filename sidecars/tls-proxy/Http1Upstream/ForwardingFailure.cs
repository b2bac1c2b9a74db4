using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Http1Upstream;

/// <summary>Why a request received no complete response, with the error codes of YARP's forwarder.</summary>
internal sealed record ForwardingFailure(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature
{
    /// <summary>Determines whether the client or the application caused a failure.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">The connection that carried the request.</param>
    /// <param name="cause">The exception that ended the exchange.</param>
    public static ForwardingFailure FromException(HttpContext context, UpstreamConnection connection, Exception cause)
    {
        var (request, hasStarted) = (connection.Request, context.Response.HasStarted);
        if (request.ClientFailure is { } clientFailure)
        {
            var error = context.RequestAborted.IsCancellationRequested
                ? ForwarderError.RequestBodyCanceled
                : ForwarderError.RequestBodyClient;
            return new(error, clientFailure);
        }

        if (connection.Deadline.IsClientGone || cause is OperationCanceledException)
        {
            return new(hasStarted ? ForwarderError.ResponseBodyCanceled : ForwarderError.RequestCanceled, cause);
        }

        if (hasStarted)
        {
            return new(ForwarderError.ResponseBodyDestination, cause);
        }

        if (connection.Deadline.IsTimedOut)
        {
            return new(ForwarderError.RequestTimedOut, new TimeoutException("No byte was transferred for too long.", cause));
        }

        return request.WriteFailure is null || request.IsBodyUntouched
            ? new(ForwarderError.Request, cause)
            : new(ForwarderError.RequestBodyDestination, request.WriteFailure);
    }
}
