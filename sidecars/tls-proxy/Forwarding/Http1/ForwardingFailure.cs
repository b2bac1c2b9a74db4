using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding.Http1;

/// <summary>Why a request was not answered by the application, in the words of YARP's forwarder.</summary>
internal sealed record ForwardingFailure(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature
{
    /// <summary>Whose fault it was.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">The one that it was on.</param>
    /// <param name="cause">What ended it.</param>
    public static ForwardingFailure Of(HttpContext context, UpstreamConnection connection, Exception cause)
    {
        var (request, hasStarted) = (connection.Request, context.Response.HasStarted);
        if (request.ClientFailure is { } clients)
        {
            return new(context.RequestAborted.IsCancellationRequested ? ForwarderError.RequestBodyCanceled : ForwarderError.RequestBodyClient, clients);
        }

        if (connection.IsAbandoned || cause is OperationCanceledException)
        {
            return new(hasStarted ? ForwarderError.ResponseBodyCanceled : ForwarderError.RequestCanceled, cause);
        }

        if (hasStarted)
        {
            return new(ForwarderError.ResponseBodyDestination, cause);
        }

        if (connection.IsTimedOut)
        {
            return new(ForwarderError.RequestTimedOut, new TimeoutException("The application was silent for too long.", cause));
        }

        return request.WriteFailure is null || request.IsBodyUntouched
            ? new(ForwarderError.Request, cause)
            : new(ForwarderError.RequestBodyDestination, request.WriteFailure);
    }
}
